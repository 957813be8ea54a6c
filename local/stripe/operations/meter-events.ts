import { operation } from "../operation.ts";
import { invalid, missing, noSuchParam } from "../refusal.ts";
import { integer, map, needed, text } from "../schema.ts";
import { DAY } from "../world.ts";

/** How far from now an event may lie, in seconds. */
const [OLDEST, NEWEST] = [35 * DAY, 300];

const create = operation(
  "POST",
  "/v1/billing/meter_events",
  { event_name: needed(text()), payload: needed(map()), identifier: text(), timestamp: integer({ min: 0 }) },
  (world, { event_name, payload, identifier = world.secret(), timestamp = world.seconds() }) => {
    const { stripe_customer_id: customer, value } = payload;
    if (customer === undefined) throw missing("payload[stripe_customer_id]");
    if (value === undefined) throw missing("payload[value]");
    if (!/^\d+$/.test(value)) throw invalid(`Invalid value: ${value}. It must be a whole number.`, { param: "payload[value]" });
    if (!world.find("customers", customer)) throw noSuchParam("customer", customer, "payload[stripe_customer_id]");
    const age = world.seconds() - timestamp;
    if (age > OLDEST || age < -NEWEST) {
      throw invalid("The timestamp must be within the past 35 calendar days or up to 5 minutes in the future.", { param: "timestamp" });
    }
    // unique for a day at least; an identifier that is free again after that serves nobody
    const told = `meter event ${identifier}`;
    if (world.state.told[told]) {
      throw invalid(`An event already exists with identifier ${identifier}.`, { code: "resource_already_exists", param: "identifier" });
    }
    world.state.told[told] = true;
    return { object: "billing.meter_event", created: world.seconds(), event_name, identifier, livemode: false, payload, timestamp };
  },
);

/** Usage that is billed by meters. */
export const meterEvents = [create];
