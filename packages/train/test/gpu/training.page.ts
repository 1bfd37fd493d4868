import { trainBoth } from "./training.ts";

/** What the tests call in the page. */
export interface TrainingPage {
  ready: boolean;
  trainBoth: typeof trainBoth;
}

const page = globalThis as unknown as TrainingPage;
page.trainBoth = trainBoth;
page.ready = true;
