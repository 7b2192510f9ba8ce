package depot;

import java.util.List;

/** Takes javac a second or two: at each level it tries both methods with both branches of the conditional. */
final class Slow {
  private Slow() {}

  static <T> T same(T value) {
    return value;
  }

  static <T> List<T> same(List<T> values) {
    return values;
  }

  static Object nested(boolean big) {
    return same(big
        ? same(big
            ? same(big
                ? same(big
                    ? same(big
                        ? same(big
                            ? same(big
                                ? same(big
                                    ? 1
                                    : same(2))
                                : same(2))
                            : same(2))
                        : same(2))
                    : same(2))
                : same(2))
            : same(2))
        : same(2));
  }
}
