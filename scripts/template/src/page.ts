// The same training in a page: npm run page
import { cpuInfo } from "@lectern/autograd";
import { learn } from "./learn.ts";

const show = (id: string, text: string) => {
  document.querySelector(`#${id}`)!.textContent = text;
};

const { threads, threadsReason } = cpuInfo();
show("threads", threadsReason === undefined ? `${threads} threads` : `one thread: ${threadsReason}`);
const { loss, text } = await learn({
  steps: 300,
  callbacks: [{ onStep: ({ step, loss }) => show("loss", `step ${step}: ${loss.toFixed(3)}`) }],
});
show("loss", `validation: ${loss.toFixed(3)}`);
show("text", text);
