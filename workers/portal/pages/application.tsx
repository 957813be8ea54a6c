import type { FC } from "hono/jsx";
import { hasEnded } from "#domain/deals/states.ts";
import { isFresh } from "#domain/identity/session.ts";
import { STAGE_WORDS, usualTime } from "#domain/portal/stages.ts";
import { slotInWords } from "#domain/portal/times.ts";
import { addDocument } from "#services/portal/documents.ts";
import { getOwnApplication, type OwnApplicationWhole, type OwnDocument } from "#services/portal/own-application.ts";
import { writeMessage } from "#services/portal/tell.ts";
import { Action, Button, ButtonLink, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Card, Facts, Notice } from "#ui/parts.tsx";
import type { Context } from "#services/context.ts";
import type { OutsideContext, OutsidePage } from "../../outside.tsx";
import { type At, atOf, faultsIn, formOf, goTo, idOf, visit } from "../context.ts";
import { ProveFirst, sendFrame } from "../frame.tsx";
import { companyOf, StageBadge, Way } from "./applications.tsx";

const ACCEPTED = ".pdf,.doc,.docx";

/** One application: where it stands, what comes next, and what the candidate may do. */
export const applicationPage: OutsidePage = async (c) => {
  const ctx = await visit(c);
  return show(c, ctx, await getOwnApplication(ctx, idOf(c)));
};

interface Typed {
  errors: FieldErrors;
  message?: string | undefined;
}

const show = (c: OutsideContext, ctx: Context, application: OwnApplicationWhole, typed: Typed = { errors: {} }): Promise<Response> =>
  sendFrame(
    c,
    application.title,
    "",
    <Application of={application} at={atOf(c)} now={ctx.now()} proved={isFresh(ctx.session?.provedAt ?? null, ctx.now())} typed={typed} />,
    Object.keys(typed.errors).length > 0 ? 422 : 200,
  );

const Application: FC<{ of: OwnApplicationWhole; at: At; now: Date; proved: boolean; typed: Typed }> = ({
  of: application,
  at,
  now,
  proved,
  typed,
}) => {
  const here = `/applications/${application.id}`;
  const isOpen = !hasEnded(application.stage) && application.stage !== "hired";
  return (
    <>
      <p class="small">
        <a href={at("/")}>All applications</a>
      </p>
      <Heading title={application.title}>{[companyOf(application), application.location].filter(Boolean).join(" · ")}</Heading>
      {application.withdrawsAt && isOpen ? (
        <Notice tone="warn">
          <div class="head">
            <p>
              You asked to withdraw. It takes effect <Ago at={application.withdrawsAt} now={now} />; until then you can change your mind.
            </p>
            <Action to={at(`${here}/withdraw/undo`)}>Stay in after all</Action>
          </div>
        </Notice>
      ) : null}
      <Standing of={application} now={now} />
      {isOpen ? <Times of={application} at={at} /> : null}
      <Documents of={application} at={at} now={now} proved={proved} isOpen={isOpen} error={typed.errors["file"]} />
      {isOpen ? (
        <>
          <Card title="Ask or tell something">
            <form method="post" action={at(`${here}/contact`)} class="stack wide">
              <ErrorSummary errors={{ message: typed.errors["message"] }} />
              <Field
                name="message"
                label="Your message"
                hint="We pass it on to whoever looks after your application. The answer comes by mail."
                rows={4}
                value={typed.message}
                error={typed.errors["message"]}
                required
              />
              <div>
                <Button>Send</Button>
              </div>
            </form>
          </Card>
          {application.withdrawsAt ? null : (
            <p class="soft small">
              Is this role no longer for you? <a href={at(`${here}/withdraw`)}>Withdraw this application</a>. You have 24 hours to change
              your mind.
            </p>
          )}
        </>
      ) : null}
    </>
  );
};

const Standing: FC<{ of: OwnApplicationWhole; now: Date }> = ({ of: application, now }) => {
  const words = STAGE_WORDS[application.stage];
  const usual = words.step === null ? null : usualTime(application.usual);
  return (
    <Card title="Where it stands" aside={<StageBadge of={application} />}>
      {words.step === null ? null : <Way step={words.step} />}
      <p>{words.now}</p>
      <Facts
        of={[
          { name: "Last update", value: <Ago at={application.since} now={now} /> },
          ...(usual === null ? [] : [{ name: "This step usually takes", value: usual }]),
        ]}
      />
    </Card>
  );
};

const Times: FC<{ of: OwnApplicationWhole; at: At }> = ({ of: { id, availability }, at }) => (
  <Card title="When you can be met">
    {availability ? (
      <>
        <ul class="list">
          {availability.slots.map((slot) => (
            <li>
              <time datetime={slot.from}>{slotInWords(slot)}</time>
            </li>
          ))}
        </ul>
        <p class="soft small">Times in {availability.slots[0]?.time_zone.replaceAll("_", " ")}</p>
      </>
    ) : (
      <p class="soft">You have not given any times yet. It helps if an interview is likely.</p>
    )}
    <div>
      <ButtonLink href={at(`/applications/${id}/availability`)}>{availability ? "Give other times" : "Give times"}</ButtonLink>
    </div>
  </Card>
);

const sizeInWords = (bytes: number): string =>
  bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1_024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;

const Documents: FC<{ of: OwnApplicationWhole; at: At; now: Date; proved: boolean; isOpen: boolean; error?: string | undefined }> = ({
  of: { id, documents },
  at,
  now,
  proved,
  isOpen,
  error,
}) => (
  <Card title="Your documents" id="documents">
    {documents.length === 0 ? (
      <p class="soft">You have added none here.</p>
    ) : (
      <ul class="list">
        {documents.map((document) => (
          <DocumentRow of={document} at={at} now={now} />
        ))}
      </ul>
    )}
    {!isOpen ? null : proved ? (
      <form method="post" action={at(`/applications/${id}/documents`)} enctype="multipart/form-data" class="stack wide">
        <ErrorSummary errors={{ file: error }} />
        <Field
          name="file"
          label="Add a document"
          hint="PDF or Word, at most 10 MB. A newer one of the same name becomes its next version."
          type="file"
          accept={ACCEPTED}
          error={error}
          required
        />
        <div>
          <Button>Upload</Button>
        </div>
      </form>
    ) : (
      <ProveFirst at={at} next={`/applications/${id}`}>
        You can add a CV or a letter here.
      </ProveFirst>
    )}
  </Card>
);

const DocumentRow: FC<{ of: OwnDocument; at: At; now: Date }> = ({ of: document, at, now }) => (
  <li class="head">
    <div>
      <a href={at(`/documents/${document.id}`)}>{document.filename}</a>
      <p class="soft small">
        {document.version > 1 ? `Version ${document.version} · ` : ""}
        {sizeInWords(document.fileSize)} · <Ago at={document.createdAt} now={now} />
      </p>
    </div>
    <a class="small" href={at(`/documents/${document.id}/remove`)} aria-label={`Remove ${document.filename}`}>
      Remove
    </a>
  </li>
);

export const documentPosted: OutsidePage = async (c) => {
  const [ctx, id] = [await visit(c), idOf(c)];
  const { file } = await c.req.parseBody();
  const given =
    file instanceof File ? { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) } : { name: "", bytes: new Uint8Array() };
  return added(c, ctx, id, given);
};

/** Says of a document that was too large to be read what is said of any other: at its field, with the way back. */
export const documentTooLarge = async (c: OutsideContext, id: string): Promise<Response> =>
  added(c, await visit(c), id, { name: "", bytes: null });

async function added(c: OutsideContext, ctx: Context, id: string, file: Parameters<typeof addDocument>[2]): Promise<Response> {
  const errors = await faultsIn(() => addDocument(ctx, id, file));
  return errors ? show(c, ctx, await getOwnApplication(ctx, id), { errors }) : goTo(c, `/applications/${id}?done=document`);
}

export const messagePosted: OutsidePage = async (c) => {
  const [ctx, id] = [await visit(c), idOf(c)];
  const { message = "" } = await formOf(c);
  const errors = await faultsIn(() => writeMessage(ctx, id, message));
  return errors ? show(c, ctx, await getOwnApplication(ctx, id), { errors, message }) : goTo(c, `/applications/${id}?done=message`);
};
