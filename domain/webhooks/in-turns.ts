/** The same items with their owners taking turns, each owner's in the order they had: whoever has many delays nobody who has few. */
export function inTurns<Item>(items: readonly Item[], ownerOf: (item: Item) => string): Item[] {
  const taken = new Map<string, number>();
  const placed = items.map((item) => {
    const turn = taken.get(ownerOf(item)) ?? 0;
    taken.set(ownerOf(item), turn + 1);
    return { item, turn };
  });
  return placed.toSorted((a, b) => a.turn - b.turn).map(({ item }) => item);
}
