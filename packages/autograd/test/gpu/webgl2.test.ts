import type { Case } from "../conformance/check.ts";
import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("WebGL2", { backend: "webgl2" });

describeInBrowser("WebGL2 with one element of a product a thread", {
  backend: "webgl2",
  product: "plain",
  concerns: ({ kernel }: Case) => kernel === "matmul",
});
