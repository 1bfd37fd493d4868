import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("webgl2");
