/** What an embed code says of its widget; whatever is not said, the company's settings say. */
export interface EmbedCode {
  companyId: string;
  /** Where the script comes from, such as `https://cdn.splits.network`. */
  origin: string;
  /** The name of the global, and of the script's element. */
  name: string;
  type: "inline" | "modal" | "button" | null;
  label: string;
  /** A CSS selector of where it is to stand. */
  target: string;
  /** One version and its hash, for a page that wants to run nothing else. */
  pinned: { path: string; integrity: string } | null;
}

const NAME = /^[A-Za-z_$][\w$]{0,30}$/;

/** Whether a word can be the name of a global. */
export const isGlobalName = (name: string): boolean => NAME.test(name);

/** A text as it may stand in a script within a page. */
const quoted = (text: string): string =>
  `'${text.replaceAll(/[\\'<>\u2028\u2029\n\r]/g, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`)}'`;

/**
 * The code that a company pastes into its own page. Without wishes it is the one of the product
 * requirements, byte for byte.
 */
export function embedCode({ companyId, origin, name, type, label, target, pinned }: EmbedCode): string {
  const said = Object.entries({ companyId, type: type ?? "", label, target }).filter(([, value]) => value !== "");
  const options = said.map(([key, value]) => `${key}: ${quoted(value)}`).join(", ");
  const [integrity, given, hash] = pinned
    ? ["js.integrity=i;js.crossOrigin='anonymous';", "f,i,js,fjs", `,${quoted(pinned.integrity)}`]
    : ["", "f,js,fjs", ""];
  return `<script>
  (function(w,d,s,o,${given}){
    w['SplitsWidget']=o;w[o]=w[o]||function(){(w[o].q=w[o].q||[]).push(arguments)};
    js=d.createElement(s),fjs=d.getElementsByTagName(s)[0];
    js.id=o;js.src=f;js.async=1;${integrity}fjs.parentNode.insertBefore(js,fjs);
  }(window,document,'script',${quoted(name)},${quoted(`${origin}${pinned?.path ?? "/widget.js"}`)}${hash}));
  ${name}('init', {${options}});
</script>`;
}
