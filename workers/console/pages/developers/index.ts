import {
  appDeleted,
  appEdited,
  appPage,
  appRegistered,
  appRotated,
  appsPage,
  deleteAppPage,
  editAppPage,
  endGrantPage,
  grantEnded,
  grantsPage,
  newAppPage,
  rotateAppPage,
} from "./apps.tsx";
import { deliveriesPage, deliveryPage, deliveryReplayed } from "./deliveries.tsx";
import {
  adoptKeyPage,
  keyAdopted,
  keyPage,
  keyRequested,
  keyRevoked,
  keyRotated,
  keysPage,
  newKeyPage,
  revokeKeyPage,
  rotateKeyPage,
} from "./keys.tsx";
import { logsPage, requestPage } from "./logs.tsx";
import { accountChosen, accountPage, overviewPage } from "./overview.tsx";
import { newReplayPage, replayAsked, replayChanged, replayPage } from "./replays.tsx";
import { deleteSiemPage, newSiemPage, siemAdded, siemDeleted, siemDestinationPage, siemPage, siemSwitched, siemTested } from "./siem.tsx";
import { overageChosen, usagePage } from "./usage.tsx";
import { changelogPage, deprecationsPage } from "./versions.tsx";
import {
  adoptWebhookPage,
  deleteWebhookPage,
  disableWebhookPage,
  editWebhookPage,
  newWebhookPage,
  rotateWebhookPage,
  webhookAdded,
  webhookAdopted,
  webhookDeleted,
  webhookDisabled,
  webhookEdited,
  webhookEnabled,
  webhookPage,
  webhookRotated,
  webhookTested,
  webhooksPage,
} from "./webhooks.tsx";
import type { Pages } from "../../context.ts";
import { withinAccount } from "../../partner-pages.tsx";

/** Where an account is chosen. */
const CHOICE: Pages = [
  ["GET", "/developers/account", accountPage],
  ["POST", "/developers/account", accountChosen],
];

/** The pages within one account. */
const WITHIN: Pages = [
  ["GET", "/developers", overviewPage],
  ["GET", "/developers/keys", keysPage],
  ["GET", "/developers/keys/new", newKeyPage],
  ["POST", "/developers/keys/new", keyRequested],
  ["GET", "/developers/keys/:id", keyPage],
  ["GET", "/developers/keys/:id/rotate", rotateKeyPage],
  ["POST", "/developers/keys/:id/rotate", keyRotated],
  ["GET", "/developers/keys/:id/adopt", adoptKeyPage],
  ["POST", "/developers/keys/:id/adopt", keyAdopted],
  ["GET", "/developers/keys/:id/revoke", revokeKeyPage],
  ["POST", "/developers/keys/:id/revoke", keyRevoked],
  ["GET", "/developers/apps", appsPage],
  ["GET", "/developers/apps/new", newAppPage],
  ["POST", "/developers/apps/new", appRegistered],
  ["GET", "/developers/apps/:id", appPage],
  ["GET", "/developers/apps/:id/edit", editAppPage],
  ["POST", "/developers/apps/:id/edit", appEdited],
  ["GET", "/developers/apps/:id/rotate", rotateAppPage],
  ["POST", "/developers/apps/:id/rotate", appRotated],
  ["GET", "/developers/apps/:id/delete", deleteAppPage],
  ["POST", "/developers/apps/:id/delete", appDeleted],
  ["GET", "/developers/grants", grantsPage],
  ["GET", "/developers/grants/:id/end", endGrantPage],
  ["POST", "/developers/grants/:id/end", grantEnded],
  ["GET", "/developers/usage", usagePage],
  ["POST", "/developers/usage", overageChosen],
  ["GET", "/developers/logs", logsPage],
  ["GET", "/developers/logs/:id", requestPage],
  ["GET", "/developers/deprecations", deprecationsPage],
  ["GET", "/developers/changelog", changelogPage],
  ["GET", "/developers/webhooks", webhooksPage],
  ["GET", "/developers/webhooks/new", newWebhookPage],
  ["POST", "/developers/webhooks/new", webhookAdded],
  ["GET", "/developers/webhooks/:id", webhookPage],
  ["GET", "/developers/webhooks/:id/edit", editWebhookPage],
  ["POST", "/developers/webhooks/:id/edit", webhookEdited],
  ["POST", "/developers/webhooks/:id/test", webhookTested],
  ["GET", "/developers/webhooks/:id/rotate", rotateWebhookPage],
  ["POST", "/developers/webhooks/:id/rotate", webhookRotated],
  ["GET", "/developers/webhooks/:id/disable", disableWebhookPage],
  ["POST", "/developers/webhooks/:id/disable", webhookDisabled],
  ["POST", "/developers/webhooks/:id/enable", webhookEnabled],
  ["GET", "/developers/webhooks/:id/adopt", adoptWebhookPage],
  ["POST", "/developers/webhooks/:id/adopt", webhookAdopted],
  ["GET", "/developers/webhooks/:id/delete", deleteWebhookPage],
  ["POST", "/developers/webhooks/:id/delete", webhookDeleted],
  ["GET", "/developers/webhooks/:id/replay", newReplayPage],
  ["POST", "/developers/webhooks/:id/replay", replayAsked],
  ["GET", "/developers/deliveries", deliveriesPage],
  ["GET", "/developers/deliveries/:id", deliveryPage],
  ["POST", "/developers/deliveries/:id/replay", deliveryReplayed],
  ["GET", "/developers/replays/:id", replayPage],
  ["POST", "/developers/replays/:id/:action", replayChanged],
  ["GET", "/developers/siem", siemPage],
  ["GET", "/developers/siem/new", newSiemPage],
  ["POST", "/developers/siem/new", siemAdded],
  ["GET", "/developers/siem/:id", siemDestinationPage],
  ["POST", "/developers/siem/:id/test", siemTested],
  ["POST", "/developers/siem/:id/switch", siemSwitched],
  ["GET", "/developers/siem/:id/delete", deleteSiemPage],
  ["POST", "/developers/siem/:id/delete", siemDeleted],
];

export const PAGES: Pages = [...CHOICE, ...WITHIN.map(([method, path, page]) => [method, path, withinAccount(page)] as const)];
