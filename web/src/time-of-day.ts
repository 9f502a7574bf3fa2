// Times of day, as logs write them.

const FORMAT = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** `14:03:59`, in the reader's own time zone. `at`: Unix ms. */
export function timeOfDay(at: number): string {
  return FORMAT.format(at);
}
