// Times of day, as logs write them, and as readers of the captions do.
import { locale } from "./texts.ts";

const FORMAT = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** `14:03:59`, in the reader's own time zone. `at`: Unix ms. */
export function timeOfDay(at: number): string {
  return FORMAT.format(at);
}

/** `14:03`, or `2:03 PM` where the page's language and the reader's region write that. `at`: Unix ms. */
export function timeOfReading(at: number): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle: "short" }).format(at);
}
