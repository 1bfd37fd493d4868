import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("webgpu");
