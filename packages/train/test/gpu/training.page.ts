import { countRuns, statsOfSteps } from "./runs.ts";
import { trainBoth } from "./training.ts";

/** What the tests call in the page. */
export interface TrainingPage {
  ready: boolean;
  trainBoth: typeof trainBoth;
  countRuns: typeof countRuns;
  statsOfSteps: typeof statsOfSteps;
}

const page = globalThis as unknown as TrainingPage;
page.trainBoth = trainBoth;
page.countRuns = countRuns;
page.statsOfSteps = statsOfSteps;
page.ready = true;
