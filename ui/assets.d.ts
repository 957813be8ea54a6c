/** Where each built file is to be found; written by `ui/build.ts`. */
declare module "#assets" {
  const places: { theme: string; enhance: string; mark: string };
  export default places;
}
