const QUOTES = ["'", "`", '"'] as const;

/**
 * Values as lines of a `.env` file that wrangler reads back unchanged: quoted, and with each `$` marked,
 * because it would put a variable there. Refuses a value that has every kind of quote.
 */
export function envFile(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([name, value]) => {
    const quote = QUOTES.find((each) => !value.includes(each));
    if (!quote) throw new Error(`${name} has every kind of quote, which a .env file cannot hold`);
    return `${name}=${quote}${value.replaceAll("$", String.raw`\$`)}${quote}\n`;
  });
  return lines.join("");
}
