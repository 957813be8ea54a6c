/** Where each built file is to be found; written by `ui/build.ts`. */
declare module "#assets" {
  const places: Record<"theme" | "enhance" | "mark" | "docs" | "swagger" | "swaggerTheme" | "postman", string>;
  export default places;
}
