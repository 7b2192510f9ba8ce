package depot;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.BiFunction;

/** First in, first out. */
public final class Shelf<T> {
  private final Deque<T> items = new ArrayDeque<>();

  public Shelf<T> add(T item) {
    items.addLast(item);
    return this;
  }

  public Optional<T> next() {
    return Optional.ofNullable(items.pollFirst());
  }

  public <U> U fold(U start, BiFunction<? super U, ? super T, ? extends U> combine) {
    U sum = start;
    for (T item : items) {
      sum = combine.apply(sum, item);
    }
    return sum;
  }
}
