import type { Mutants } from "../../../scripts/src/course/task.ts";

const RETURN = "return left.map((probability) => probability / before);";
const STOP = "if (before >= p) break;";

export const mutants: Mutants = {
  short: [[RETURN, "return left.filter((probability) => probability > 0).map((probability) => probability / before);"]],
  ascending: [["probabilities[b] - probabilities[a]", "probabilities[a] - probabilities[b]"]],
  dropsCrossing: [[STOP, "if (before + probabilities[token] > p) break;"]],
  empty: [[STOP, "if (before >= p || (before === 0 && probabilities[token] > p)) break;"]],
  notRenormalised: [[RETURN, "return left;"]],
  filterFirst: [
    ["softmax(logits.map((logit) => logit / temperature))", "softmax(logits)"],
    [
      RETURN,
      "return softmax(logits.map((logit, i) => (left[i] === 0 ? Number.NEGATIVE_INFINITY : logit / temperature)));",
    ],
  ],
  multiplied: [["logit / temperature", "logit * temperature"]],
  sorted: [[RETURN, "return left.map((probability) => probability / before).sort((a, b) => b - a);"]],
  overflow: [["Math.exp(logit - largest)", "Math.exp(logit)"]],
  likeliest: [
    ["if (total > u) return token;", "if (probabilities[token] === Math.max(...probabilities)) return token;"],
  ],
  impossible: [["total > u", "total >= u"]],
  fallsOff: [
    ["return probabilities.findLastIndex((probability) => probability > 0);", "return probabilities.length - 1;"],
  ],
};
