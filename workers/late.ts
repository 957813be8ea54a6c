/**
 * A port whose code is loaded by its first call: few requests need it, and every start would pay for it.
 *
 * @param load - gives the port itself; asked once
 */
export function late<Port extends { [Name in keyof Port]: (...given: never[]) => Promise<unknown> }>(load: () => Promise<Port>): Port {
  let loaded: Promise<Port> | undefined;
  return new Proxy({} as Port, {
    get:
      (_, name) =>
      async (...given: never[]) => {
        const port = await (loaded ??= load());
        return port[name as keyof Port](...given);
      },
  });
}
