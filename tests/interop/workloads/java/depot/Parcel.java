package depot;

/** Something with a label and a weight. */
public interface Parcel {
  String label();

  Grams weight();

  default String describe() {
    return label() + " (" + weight() + ")";
  }

  static Parcel of(String label, long kilos) {
    return new Parcel() {
      @Override
      public String label() {
        return label;
      }

      @Override
      public Grams weight() {
        return Grams.kilos(kilos);
      }
    };
  }
}
