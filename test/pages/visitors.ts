import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { people } from "#local/people.ts";

/** How somebody comes in: when it is done, the page's browser has what keeps them in. */
type Entrance = (page: Page) => Promise<unknown>;
/** What a browser keeps of somebody. */
type Kept = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** In by the development sign-in; a person with several accounts has chosen none. */
export const byDeveloperDoor =
  (who: keyof typeof people): Entrance =>
  async (page) => {
    await page.goto("/dev/sign-in");
    await page.click(`button[aria-label="Sign in as ${people[who].name}"]`);
    await page.waitForURL(/\/console$/);
  };

/**
 * Who comes to the pages of a Worker, each with a browser of their own.
 *
 * @param place - the browser, and where the addresses of its pages begin; asked for when the first page opens
 * @param always - what holds for every page unless told otherwise
 */
export function visitorsTo(place: () => { browser: Browser | undefined; origin: string }, always: BrowserContextOptions = {}) {
  const known = new Map<string, Kept>();

  /** The cookies of somebody who was let in; of nobody, none. */
  function cookiesOf(who: string | null): BrowserContextOptions {
    if (who === null) return {};
    const storageState = known.get(who);
    if (!storageState) throw new Error(`${who} was not let in`);
    return { storageState };
  }

  const newContext = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const { browser, origin } = place();
    return (browser as Browser).newContext({ baseURL: origin, ...always, ...options });
  };
  const newPage = async (options?: BrowserContextOptions): Promise<Page> => (await newContext(options)).newPage();

  /** What a browser keeps of somebody who came in. */
  async function entered(entrance: Entrance): Promise<Kept> {
    const page = await newPage();
    await entrance(page);
    const kept = await page.context().storageState();
    await page.context().close();
    return kept;
  }

  return {
    newPage,
    cookiesOf,
    entered,
    /** A page of somebody who was let in. */
    pageOf: (who: string | null, options: BrowserContextOptions = {}): Promise<Page> => newPage({ ...cookiesOf(who), ...options }),
    /** A browser of somebody that asks without showing anything. */
    requestsOf: async (who: string | null) => (await newContext(cookiesOf(who))).request,
    /** Lets somebody in, who is known by a name from then on. */
    letIn: async (who: string, entrance: Entrance): Promise<void> => void known.set(who, await entered(entrance)),
  };
}
