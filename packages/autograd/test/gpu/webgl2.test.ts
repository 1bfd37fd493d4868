import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("WebGL2", { backend: "webgl2" });
