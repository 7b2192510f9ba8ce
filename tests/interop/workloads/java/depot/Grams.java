package depot;

/** A weight. */
public final class Grams implements Comparable<Grams> {
  public static final int PER_KILO = 1000;

  private final long amount;

  public Grams(long amount) {
    this.amount = amount;
  }

  public static Grams kilos(long amount) {
    return new Grams(amount * PER_KILO);
  }

  public Grams plus(Grams other) {
    return new Grams(amount + other.amount);
  }

  @Override
  public int compareTo(Grams other) {
    return Long.compare(amount, other.amount);
  }

  @Override
  public String toString() {
    return amount / PER_KILO + " kg";
  }
}
