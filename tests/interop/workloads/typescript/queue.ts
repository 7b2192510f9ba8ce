/** First in, first out. */
export class Queue<T> {
  private readonly items: T[] = [];

  add(item: T): this {
    this.items.push(item);
    return this;
  }

  next(): T | undefined {
    return this.items.shift();
  }

  fold<U>(combine: (sum: U, item: T) => U, start: U): U {
    return this.items.reduce(combine, start);
  }
}
