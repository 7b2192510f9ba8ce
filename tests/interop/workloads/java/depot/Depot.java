package depot;

import java.util.Comparator;
import java.util.List;

/** Where parcels wait. */
public final class Depot {
  /** How a depot picks the next parcel. */
  public enum Order {
    OLDEST_FIRST,
    LIGHTEST_FIRST
  }

  private final Shelf<Parcel> waiting = new Shelf<>();

  public Depot store(String label, long kilos) {
    waiting.add(Parcel.of(label, kilos));
    return this;
  }

  public Grams weight() {
    return waiting.fold(new Grams(0), (sum, parcel) -> sum.plus(parcel.weight()));
  }

  public String ship() {
    return waiting.next().map(Parcel::describe).orElse("nothing to ship");
  }

  static void sort(List<Parcel> parcels, Order order) {
    switch (order) {
      case LIGHTEST_FIRST:
        parcels.sort(Comparator.comparing(Parcel::weight));
        break;
      case OLDEST_FIRST:
        break;
    }
  }
}
