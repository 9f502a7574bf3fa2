// Which segments flow together in one paragraph. Where a segment stands once stays, so that settled words never move.
import type { Row, Segment } from "./caption-store.ts";

/** So many seconds without speech begin a new paragraph. */
export const PAUSE_S = 2;
/** A paragraph that is this long, in seconds or in characters, ends with its sentence. */
export const LONG_S = 60;
export const LONG_CHARACTERS = 700;
/** Speech without an end of a sentence is broken at so many times that. */
const AT_MOST = 2;

/** The end of a sentence, with the quotation marks and brackets that close after it. */
const SENTENCE_END = /[.!?…。！？．｡؟۔।॥։]["'”’»›」』）)\]]*\s*$/u;

export interface Paragraph {
  /** The key of the row that began it. It stays when that row is removed. */
  id: string;
  rows: Row[];
  /** The paragraph that it is the rest of, since something has come between. */
  restOf: string;
}

/** What is shown of a segment. */
export interface Look {
  text: string;
  /** Nothing of it will change any more. */
  settled: boolean;
  direction: string;
  /** Its text has just given way to its translation: none of its words that were shown is left to be moved. */
  replaced: boolean;
}

export interface View {
  /** Otherwise each segment has a paragraph of its own. */
  flows: boolean;
  look(segment: Segment): Look;
  /** Whether a paragraph has room at its end that must not grow: what stands below it keeps its place. */
  hasSpare(id: string): boolean;
}

export class Paragraphs {
  /** The paragraph of each row that is shown. */
  #of = new Map<string, string>();

  /** Everything may be laid out anew. */
  forget(): void {
    this.#of.clear();
  }

  /**
   * The paragraphs of the rows, in order. A row of another track that begins within a paragraph stands after it; a gap or a mark
   * divides it.
   */
  arrange(rows: readonly Row[], view: View): Paragraph[] {
    const all: Paragraph[] = [];
    const before = this.#of;
    this.#of = new Map();
    /** The paragraph of each track that may still go on, and all that have begun. */
    const open = new Map<string, Paragraph>();
    const begun = new Set<string>();
    rows.forEach((row, at) => {
      const paragraph = this.#placeFor(row, rows[at + 1], { view, last: all[all.length - 1], open, begun, stood: before.get(row.key) });
      if (typeof paragraph === "string") {
        const begins: Paragraph = { id: paragraph, rows: [row], restOf: before.get(row.key) ?? paragraph };
        all.push(begins);
        begun.add(paragraph);
        if (row.is === "segment") open.set(row.track, begins);
        else if (row.is === "gap" && row.track !== null) open.delete(row.track);
        else open.clear();
      } else paragraph.rows.push(row);
      this.#of.set(row.key, typeof paragraph === "string" ? paragraph : paragraph.id);
    });
    return all;
  }

  /** The paragraph that a row goes on, or the name of the one that it begins. */
  #placeFor(row: Row, next: Row | undefined, { view, last, open, begun, stood }: Place): Paragraph | string {
    if (row.is !== "segment" || !view.flows) return row.key;
    const mine = open.get(row.track);
    if (stood !== undefined) {
      if (mine !== undefined && (mine.id === stood || mine.restOf === stood)) return mine;
      const mayJoin = stood === row.key && view.look(row).replaced && (next === undefined || (last !== undefined && !view.hasSpare(last.id)));
      if (!mayJoin) return begun.has(stood) ? row.key : stood;
    }
    return mine !== undefined && mine === last && goesOn(mine.rows as Segment[], row, view) ? mine : row.key;
  }
}

interface Place {
  view: View;
  last: Paragraph | undefined;
  open: ReadonlyMap<string, Paragraph>;
  begun: ReadonlySet<string>;
  /** Where the row stood before. */
  stood: string | undefined;
}

/** Whether a segment belongs to the paragraph of the segments before it. */
export function goesOn(before: readonly Segment[], next: Segment, { look }: Pick<View, "look">): boolean {
  const [first, last] = [before[0]!, before[before.length - 1]!];
  const it = look(last);
  // What is still guessed would push the words after it around; and in a line of another direction words grow the wrong way.
  if (last.speaker !== next.speaker || !it.settled || it.direction !== look(next).direction || next.start - last.end > PAUSE_S) return false;
  const characters = before.reduce((sum, segment) => sum + look(segment).text.length, 0);
  const length = Math.max((next.start - first.start) / LONG_S, characters / LONG_CHARACTERS);
  return length < (SENTENCE_END.test(it.text) ? 1 : AT_MOST);
}

/** What stands between two segments of a paragraph: nothing in scripts without spaces. */
export function between(before: string): string {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]$/u.test(before.trimEnd()) ? "" : " ";
}
