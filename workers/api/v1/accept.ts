/** Whether a caller takes JSON: the most specific range that names it decides (RFC 9110 §12.5.1). */
export function acceptsJson(accept: string | undefined): boolean {
  if (!accept?.trim()) return true;
  const weights = new Map(
    accept.split(",").map((range) => {
      const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [type, weight === undefined ? 1 : Number(weight.slice(2))] as const;
    }),
  );
  return (weights.get("application/json") ?? weights.get("application/*") ?? weights.get("*/*") ?? 0) > 0;
}
