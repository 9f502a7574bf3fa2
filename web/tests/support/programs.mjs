// Programs and files that a test needs and that a machine may not have.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of the first of these programs that is installed. `folders`: where to look beside $PATH. */
export function findProgram(names, folders = []) {
  const all = [...(process.env.PATH ?? "").split(delimiter), ...folders];
  return names.flatMap((name) => all.map((folder) => join(folder, name))).find(isExecutable);
}

export function isExecutable(path) {
  return isAccessible(path, constants.X_OK);
}

export function isReadable(path) {
  return isAccessible(path, constants.R_OK);
}

function isAccessible(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
