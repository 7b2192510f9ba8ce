/** A tuple of N items: to make it, the type checker makes all shorter ones. */
type Row<Item, N extends number, T extends Item[] = []> = T['length'] extends N ? T : Row<Item, N, [...T, Item]>;

/** One row for each letter: a second or two of work for the type checker, and nothing in the output. */
type Rows<Letter extends string> = {[Item in Letter]: Row<Item, 990>['length']};

export type Width = Rows<'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g'>['g'];

export const width: Width = 990;
