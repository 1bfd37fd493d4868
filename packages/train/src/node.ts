/** What of training only Node has. */
export { progressBar } from "./progressBar.ts";
export { FolderStore } from "./store/folder.ts";
