// The few global types that these sources need, in place of the compiler's own library: they are loaded in a moment,
// and a request declares every file that it reads.
interface Array<T> {
  readonly length: number;
  push(...items: T[]): number;
  shift(): T | undefined;
  map<U>(transform: (item: T) => U): U[];
  reduce<U>(combine: (sum: U, item: T) => U, start: U): U;
  [index: number]: T;
}
interface ReadonlyArray<T> {
  readonly length: number;
  reduce<U>(combine: (sum: U, item: T) => U, start: U): U;
  readonly [index: number]: T;
}
interface Boolean {}
interface CallableFunction extends Function {}
interface Function {}
interface IArguments {}
interface NewableFunction extends Function {}
interface Number {
  toFixed(digits: number): string;
}
interface Object {}
interface RegExp {}
interface String {
  readonly length: number;
}
interface TemplateStringsArray {}
