package depot;

/** Does not compile: a text where a number is wanted. */
final class Broken {
  static final Parcel UNWEIGHED = Parcel.of("unweighed", "heavy");
}
