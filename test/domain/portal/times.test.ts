import { describe, expect, it } from "vitest";
import { instantIn, isTimeZone, readTimes, slotsInWords } from "#domain/portal/times.ts";

const NOW = new Date("2027-01-01T12:00:00Z");

describe("the instant at which clocks of a zone show a time", () => {
  it.each([
    ["UTC", "2027-07-01", "09:00", "2027-07-01T09:00:00.000Z"],
    ["Europe/Berlin", "2027-01-01", "00:30", "2026-12-31T23:30:00.000Z"],
    ["Europe/Berlin", "2027-07-01", "09:00", "2027-07-01T07:00:00.000Z"],
    ["America/New_York", "2027-12-31", "23:00", "2028-01-01T04:00:00.000Z"],
    ["Asia/Kathmandu", "2027-07-01", "09:00", "2027-07-01T03:15:00.000Z"],
    ["Pacific/Kiritimati", "2027-07-01", "09:00", "2027-06-30T19:00:00.000Z"],
    // the night in which clocks go forward, an hour before and after the one that is left out
    ["Europe/Berlin", "2027-03-28", "01:59", "2027-03-28T00:59:00.000Z"],
    ["Europe/Berlin", "2027-03-28", "03:00", "2027-03-28T01:00:00.000Z"],
  ])("%s, %s %s", (zone, day, time, instant) => {
    expect(instantIn(zone, day, time)?.toISOString()).toBe(instant);
  });

  it.each([
    ["an hour that the change of clocks leaves out", "2027-03-28", "02:30"],
    ["a day that is none", "2027-02-30", "09:00"],
    ["an hour that is none", "2027-03-01", "25:00"],
    ["words", "tomorrow", "noon"],
  ])("there is none for %s", (_, day, time) => {
    expect(instantIn("Europe/Berlin", day, time)).toBeNull();
  });

  it("comes twice in the night in which clocks go back, and one of the two is taken", () => {
    expect(["2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"]).toContain(
      instantIn("Europe/Berlin", "2027-10-31", "02:30")?.toISOString(),
    );
  });
});

it("a zone is one by its name alone", () => {
  expect(["Europe/Berlin", "UTC", "", "Mars/Olympus", "+25:00"].map(isTimeZone)).toEqual([true, true, false, false, false]);
});

describe("a form with times", () => {
  const line = (day: string, from: string, until: string) => ({ day, from, until });
  const blank = line("", "", "");

  it("is read line by line, blank ones left out", () => {
    expect(readTimes("UTC", [blank, line("2027-03-01", "09:00", "10:00")], NOW)).toEqual({
      slots: [{ from: "2027-03-01T09:00:00.000Z", until: "2027-03-01T10:00:00.000Z", time_zone: "UTC" }],
    });
  });

  it.each([
    ["nothing", [blank, blank], { day_1: "Give at least one time." }],
    ["half a line", [blank, line("2027-03-01", "", "")], { day_2: "Give a day, and from when until when." }],
    ["an empty span", [line("2027-03-01", "09:00", "09:00")], { day_1: "The end must be later than the beginning." }],
    ["what is over", [line("2026-03-01", "09:00", "10:00")], { day_1: "Choose a time that is still to come." }],
  ])("is refused with %s", (_, ranges, errors) => {
    expect(readTimes("UTC", ranges, NOW)).toEqual({ errors });
  });

  it("is refused without a zone", () => {
    expect(readTimes("nowhere", [line("2027-03-01", "09:00", "10:00")], NOW)).toEqual({ errors: { time_zone: "Choose your time zone." } });
  });
});

it("times are told as clocks show them where they were given", () => {
  const slot = { from: "2027-03-01T14:00:00Z", until: "2027-03-01T15:30:00Z", time_zone: "America/New_York" };
  expect(slotsInWords([slot, slot])).toBe("Mon, Mar 1, 09:00 to 10:30; Mon, Mar 1, 09:00 to 10:30 (America/New York)");
});
