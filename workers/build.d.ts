/** Whether this build contains the development sign-in: `define` of wrangler.toml, per environment. */
declare const __DEV_AUTH__: boolean;
