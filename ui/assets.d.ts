/** Where each built file is to be found, and the hash by which a page pins the widget; written by `ui/build.ts`. */
declare module "#assets" {
  const places: Record<
    "theme" | "enhance" | "mark" | "docs" | "preview" | "swagger" | "swaggerTheme" | "postman" | "widget" | "widgetIntegrity",
    string
  >;
  export default places;
}

/** What changed in the partner API, newest first; written by `ui/build.ts` from `docs/api.md`. */
declare module "#changelog" {
  const changes: readonly { date: string; version: string; what: string }[];
  export default changes;
}

/** What partners read, by its name under `/docs/`; written by `ui/build.ts` from `docs/`. */
declare module "#guides" {
  const guides: Readonly<Record<string, { title: string; about: string; html: string }>>;
  export default guides;
}
