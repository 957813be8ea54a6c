/** Where each built file is to be found, and the hash by which a page pins the widget; written by `ui/build.ts`. */
declare module "#assets" {
  const places: Record<
    "theme" | "enhance" | "mark" | "docs" | "preview" | "swagger" | "swaggerTheme" | "postman" | "widget" | "widgetIntegrity",
    string
  >;
  export default places;
}
