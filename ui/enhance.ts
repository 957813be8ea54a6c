/**
 * The one script of the pages. A form with `data-swap` fetches the page it would have led to and
 * takes the named elements out of it; everything else of the form is the same without it. One with
 * `data-every` does so by itself, after so many seconds.
 */
let running: AbortController | undefined;

addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const ids = form.dataset["swap"]?.split(" ");
  if (!ids) return;
  event.preventDefault();
  const submitter = event.submitter as HTMLButtonElement | null;
  const given = new URLSearchParams(new FormData(form, submitter) as never);
  const reads = form.method === "get";
  const url = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
  if (reads) url.search = String(given);
  running?.abort(); // of two answers the later question's counts
  running = new AbortController();
  void swap(ids, url, { method: form.method, signal: running.signal, ...(reads ? {} : { body: given }) }, reads);
});

addEventListener("change", (event) => {
  const { form } = event.target as HTMLInputElement;
  if (form?.matches("[method=get][data-swap]")) form.requestSubmit();
});

const tail = document.querySelector<HTMLFormElement>("form[data-every]");
if (tail) {
  setInterval(
    () => {
      const shown = document.getElementById(tail.dataset["swap"] ?? "");
      if (!document.hidden && !shown?.contains(document.activeElement)) tail.requestSubmit(); // whoever reads a row keeps it
    },
    Number(tail.dataset["every"]) * 1_000,
  );
}

async function swap(ids: readonly string[], url: URL, request: RequestInit, reads: boolean): Promise<void> {
  const status = document.querySelector("[role=status]");
  try {
    const answer = await fetch(url, request);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = ids.map((id) => [document.getElementById(id), page.getElementById(id)] as const);
    if (parts.some(([, fresh]) => !fresh)) return location.assign(answer.url); // another page: signed out, or gone
    const focused = document.activeElement;
    for (const [old, fresh] of parts) {
      const held = old?.contains(focused);
      old?.replaceWith(fresh as Element);
      if (!held || !fresh) continue;
      fresh.tabIndex = -1;
      (document.getElementById(focused?.id ?? "") ?? fresh).focus();
    }
    if (reads) history.replaceState(null, "", answer.url);
    if (status) status.textContent = page.querySelector("[role=status]")?.textContent ?? "";
  } catch {
    if (status && !request.signal?.aborted) status.textContent = "There is no connection. Nothing was sent; try again.";
  }
}
