import type { AccessWorld } from "./world.ts";

/** One operation as the contract tells it. */
export interface Route {
  resource: string;
  verb: string;
  method: string;
  path: string;
  takesBody: boolean;
  isPublic: boolean;
  /** What the contract lets one include. */
  includes: readonly string[];
}

interface Operation {
  "x-access": { resource: string; verb: string };
  requestBody?: unknown;
  security: readonly object[];
  parameters?: readonly { name: string; description?: string }[];
}

/** Every operation of the first-party contract. */
export async function routesOf(world: AccessWorld): Promise<Route[]> {
  const { paths } = (await world.call("anonymous", "GET", "/api/v2/openapi.json")).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { "x-access": access, requestBody, security, parameters = [] }]) => ({
      ...access,
      method: method.toUpperCase(),
      path,
      takesBody: requestBody !== undefined,
      isPublic: security.some((one) => Object.keys(one).length === 0),
      includes:
        parameters
          .find(({ name }) => name === "include")
          ?.description?.match(/^Comma list of (.*)$/)?.[1]
          ?.split(", ") ?? [],
    })),
  );
}

/** A path with its parameters filled in. */
export const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

export const search = (query: Readonly<Record<string, string>>): string => `?${new URLSearchParams(query)}`;

/** The names of a list's rows, sorted; a row without a name shows its id. */
export const namesIn = (world: AccessWorld, data: readonly { id?: string; placement_id?: string }[]): string[] =>
  data
    .map((row) => row.id ?? row.placement_id ?? "")
    .map((id) => world.names.get(id) ?? id)
    .toSorted();

/** Whether a field of an answer says anything. */
export const isShown = (value: unknown): boolean => value !== undefined && value !== null && !JSON.stringify(value).includes("•••");
