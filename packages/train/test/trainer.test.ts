import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { manualSeed, noGrad } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  type Callback,
  CharTokenizer,
  type FitOptions,
  type FitResult,
  generate,
  linear,
  loadWeights,
  MemoryStore,
  type Metrics,
  meanCrossEntropy,
  RunFolder,
  SGD,
  StoreError,
  Trainer,
  type TrainerOptions,
  textData,
  tokenizerToJSON,
} from "../src/index.ts";
import { FolderStore } from "../src/store/folder.ts";
import { Bigrams, temporaryFolder } from "./helpers.ts";

const text = "abcde fghij abcde ".repeat(30);
const tokenizer = CharTokenizer.from(text);

/** A small training that says nothing; `log` gathers what it would have said. */
function training(changes: Partial<TrainerOptions> = {}) {
  manualSeed(1);
  const { train, validation } = textData(text, { context: 6, batch: 4, seed: 1 });
  const model = new Bigrams(tokenizer.size);
  const optimizer = new AdamW(model.parameters(), { lr: 0.05 });
  const log: string[] = [];
  const quiet = { progress: "off", log: (message: string) => log.push(message) } as const;
  const trainer = new Trainer({ model, optimizer, ...quiet, ...changes });
  return { model, optimizer, train, validation, trainer, log };
}

describe("Trainer", () => {
  it("makes the loss small, in training and validation", async () => {
    const { trainer, train, validation, model } = training();
    const { steps, trainLoss, validation: found } = await trainer.fit(train, { steps: 150, validation });
    expect(steps).toBe(150);
    expect(trainLoss).toBeLessThan(0.6);
    expect(found!.loss).toBeLessThan(0.6);
    expect(await generate(model, tokenizer, "a", { tokens: 9, strategy: "greedy" })).toMatch(/^abcde (abcd|fghi)/);
  });

  it("takes as many steps as epochs say", async () => {
    const { trainer, train } = training({ accumulate: 2 });
    const { steps } = await trainer.fit(train, { epochs: 2 });
    expect(steps).toBe(Math.ceil((2 * train.batchesPerEpoch) / 2));
  });

  it("tells callbacks of every step, evaluation and checkpoint, and of the end", async () => {
    const told: string[] = [];
    const results: FitResult[] = [];
    const callback: Callback = {
      onStep: ({ step }) => void told.push(`step ${step}`),
      onEvaluate: ({ step }) => void told.push(`evaluate ${step}`),
      onCheckpoint: async ({ step }) => void told.push(`checkpoint ${step}`),
      onEnd: (result) => void results.push(result),
    };
    const { trainer, train, validation } = training({ callbacks: [callback], out: temporaryFolder(), saveEvery: 2 });
    const result = await trainer.fit(train, { steps: 3, validation, evaluateEvery: 2 });
    expect(told).toEqual(["step 1", "step 2", "evaluate 2", "checkpoint 2", "step 3", "evaluate 3", "checkpoint 3"]);
    expect(results).toEqual([result]);
  });

  it("sets the learning rate by the schedule", async () => {
    const rates: number[] = [];
    const callbacks = [{ onStep: ({ lr }: { lr: number }) => void rates.push(lr) }];
    const { trainer, train } = training({ schedule: linear({ warmup: 1, steps: 4 }), callbacks });
    await trainer.fit(train, { steps: 4 });
    for (const [i, factor] of [1 / 2, 1, 2 / 3, 1 / 3].entries()) expect(rates[i]).toBeCloseTo(0.05 * factor, 12);
  });

  it("refuses a tokenizer that cannot be saved, before anything is trained or moved away", () => {
    const { size, encode, decode } = tokenizer;
    const own = { size, encode, decode };
    expect(() => training({ out: temporaryFolder(), tokenizer: own })).toThrow(/this tokenizer cannot be saved/);
    expect(() => training({ tokenizer: own })).not.toThrow();
  });

  it("writes config, tokenizer, metrics as JSON lines, checkpoints and the best weights", async () => {
    const out = `${temporaryFolder()}/deep/run`;
    const { trainer, train, validation, model } = training({ out, config: { width: 8 }, tokenizer, saveEvery: 4 });
    const { run } = await trainer.fit(train, { steps: 10, validation, evaluateEvery: 5 });
    expect(run).toBe(out);
    expect(readdirSync(out).sort()).toEqual([
      "best.safetensors",
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "tokenizer.json",
    ]);
    const folder = new RunFolder(out);
    expect(await folder.config()).toMatchObject({ width: 8, batch: 4 });
    expect(tokenizerToJSON(await folder.tokenizer())).toEqual(tokenizer.toJSON());
    // The two newest, for keepCheckpoints is 2.
    expect(readdirSync(`${out}/checkpoints`).sort()).toEqual(["step-000008.safetensors", "step-000010.safetensors"]);
    const metrics = await folder.metrics();
    expect(metrics.map(({ event, step }) => `${event} ${step}`)).toEqual(
      [1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 0].map((step, i) =>
        step > 0 ? `step ${step}` : `evaluate ${i < 6 ? 5 : 10}`,
      ),
    );
    expect(Object.keys(metrics[0])).toEqual(["event", "step", "loss", "lr", "gradNorm", "tokensPerSecond"]);
    const fresh = new Bigrams(tokenizer.size);
    for (const file of [folder.file("best.safetensors"), folder.checkpointFile(10)]) {
      await loadWeights(file, fresh);
      expect(fresh.head.weight.dataSync()).toEqual(model.head.weight.dataSync());
    }
  });

  it("keeps the weights that validated best, not the last ones", async () => {
    const out = temporaryFolder();
    const weights: Record<number, number[]> = {};
    const callback: Callback = {
      onEvaluate({ step, isBest }) {
        if (isBest) weights[step] = [...model.head.weight.dataSync()];
      },
    };
    // Steps that grow until the model falls apart.
    const { trainer, train, validation, model } = training({
      out,
      callbacks: [callback],
      schedule: (step) => 2 ** (step - 12),
    });
    const { best, validation: last } = await trainer.fit(train, { steps: 24, validation, evaluateEvery: 1 });
    expect(best!.step).toBeLessThan(24);
    expect(best!.loss).toBeLessThan(last!.loss);
    const restored = new Bigrams(tokenizer.size);
    await loadWeights(`${out}/best.safetensors`, restored);
    expect([...restored.head.weight.dataSync()]).toEqual(weights[best!.step]);
  });

  it("stops with the step's number where the loss is no number, and saves nothing of it", async () => {
    const out = temporaryFolder();
    const { trainer, train } = training({
      out,
      saveEvery: 2,
      loss: (model, batch) => meanCrossEntropy(model, batch).mul(train.state().batches > 3 ? Number.NaN : 1),
    });
    await expect(trainer.fit(train, { steps: 10 })).rejects.toThrow(
      "Trainer: the loss is NaN at step 4, with a learning rate of 0.05: lower the learning rate",
    );
    expect(readdirSync(`${out}/checkpoints`)).toEqual(["step-000002.safetensors"]);
    expect((await new RunFolder(out).metrics()).map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  /** A training whose loss is NaN wherever the rate is above 0.04. */
  function diverging(changes: Partial<TrainerOptions> = {}) {
    const state = { step: 0 };
    const made = training({
      schedule: (step) => {
        state.step = step + 1;
        return 1;
      },
      saveEvery: 2,
      loss: (model, batch) =>
        meanCrossEntropy(model, batch).mul(state.step > 3 && made.optimizer.lr > 0.04 ? Number.NaN : 1),
      ...changes,
    });
    return made;
  }

  it("says how to go on from a run that diverged, and that rate is then taken", async () => {
    const out = temporaryFolder();
    const first = diverging({ out });
    await expect(first.trainer.fit(first.train, { steps: 10 })).rejects.toThrow(
      `the last checkpoint is ${out}/checkpoints/step-000002.safetensors: the same with --resume --lr 0.025 (resume: { lr: 0.025 }) goes on from there`,
    );
    const second = diverging({ out, resume: { lr: 0.025 } });
    await second.trainer.fit(second.train, { steps: 10 });
    const steps = (await new RunFolder(out).metrics()).map(({ step, lr }) => [step, lr]);
    expect(steps).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, i < 2 ? 0.05 : 0.025]));
  });

  it("goes back to the last checkpoint at half the rate where onNaN says so", async () => {
    const out = temporaryFolder();
    const { trainer, train, log } = diverging({ out, onNaN: "back" });
    const { steps, trainLoss } = await trainer.fit(train, { steps: 10 });
    expect([steps, Number.isFinite(trainLoss)]).toEqual([10, true]);
    expect(log.join("\n")).toMatch(/the loss is NaN at step 4.*going back to step 2\nthe learning rate is 0.025/);
    const rates = (await new RunFolder(out).metrics()).filter(({ event }) => event === "step").map(({ lr }) => lr);
    expect(rates).toEqual([0.05, 0.05, ...Array<number>(8).fill(0.025)]);
  });

  it("leaves a step out where onNaN says so, and gives up where that does not end", async () => {
    const { trainer, train, log, model } = training({
      onNaN: "skip",
      loss: (model, batch) => meanCrossEntropy(model, batch).mul(train.state().batches === 3 ? Number.NaN : 1),
    });
    expect((await trainer.fit(train, { steps: 6 })).steps).toBe(6);
    expect(log.filter((line) => line.endsWith("the step is left out"))).toHaveLength(1);
    expect(model.parameters().every((p) => p.dataSync().every(Number.isFinite))).toBe(true);
    const hopeless = diverging({ onNaN: "skip" });
    await expect(hopeless.trainer.fit(hopeless.train, { steps: 50 })).rejects.toThrow("the loss is NaN at step 14");
  });

  it("stops before the parameters move where a gradient is not finite, clipped or not", async () => {
    for (const clip of [1, Number.POSITIVE_INFINITY]) {
      const afterBackward = ([p]: readonly { grad?: { mul_(x: number): unknown } }[]) => void p.grad?.mul_(Number.NaN);
      const { trainer, train, model } = training({ clip, afterBackward });
      const before = [...model.head.weight.dataSync()];
      await expect(trainer.fit(train, { steps: 2 })).rejects.toThrow("the gradient's length is NaN at step 1");
      expect([...model.head.weight.dataSync()]).toEqual(before);
    }
  });

  it("never writes weights that are not finite", async () => {
    const out = temporaryFolder();
    const spoil: Callback = {
      onStep: ({ step }) => void (step === 4 && noGrad(() => model.head.weight.mul_(Number.NaN))),
    };
    const { trainer, train, model } = training({ out, saveEvery: 2, callbacks: [spoil] });
    await expect(trainer.fit(train, { steps: 10 })).rejects.toThrow(
      /step-000004.safetensors is not written: model.head.weight is NaN at element 0.*the last checkpoint is .*step-000002/,
    );
    expect(readdirSync(`${out}/checkpoints`)).toEqual(["step-000002.safetensors"]);
  });

  /** A store whose disk is full at the steps that `fullAt` names. */
  class FullDisk extends MemoryStore {
    fullAt = (_step: number) => false;
    #step = 0;

    onStep({ step }: { step: number }) {
      this.#step = step;
    }

    override async writer(name: string) {
      if (this.fullAt(this.#step)) throw new StoreError(this.pathOf(name), "the disk is full");
      return super.writer(name);
    }

    override async append(name: string, text: string) {
      if (this.fullAt(this.#step)) throw new StoreError(this.pathOf(name), "the disk is full");
      return super.append(name, text);
    }
  }

  it("does not take room for a line of metrics for room for a checkpoint", async () => {
    const out = new FullDisk();
    out.fullAt = () => false;
    out.writer = async (name) => {
      if (name.includes("checkpoints")) throw new StoreError(out.pathOf(name), "the disk is full");
      return MemoryStore.prototype.writer.call(out, name);
    };
    const { trainer, train, validation, log } = training({ out, saveEvery: 2, callbacks: [out] });
    const ended = trainer.fit(train, { steps: 9, validation, evaluateEvery: 3 });
    await expect(ended).rejects.toThrow("the disk is full");
    expect(log).not.toContain("what could not be written is written now");
    expect(log.some((line) => line.includes("tries again after 1 s"))).toBe(true);
  });

  it("goes on while the disk is full, says so, and writes everything once it can", async () => {
    const out = new FullDisk();
    out.fullAt = (step) => step > 3 && step < 8;
    const callbacks = [out];
    const { trainer, train, validation, log } = training({ out, saveEvery: 2, callbacks });
    const { steps, best } = await trainer.fit(train, { steps: 9, validation, evaluateEvery: 3 });
    expect(steps).toBe(9);
    expect(best!.step).not.toBe(6);
    expect(log.join("\n")).toMatch(
      /warning: memory\/.*: the disk is full; the training goes on, and tries again after/,
    );
    expect(log).toContain("what could not be written is written now");
    const metrics = (await new RunFolder(out).metrics()).filter(({ event }) => event === "step");
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await new RunFolder(out).checkpoints())[0].name).toBe("checkpoints/step-000009.safetensors");
  });

  it("fails, with the file's name, where nothing could be saved at its end", async () => {
    const out = new FullDisk();
    out.fullAt = (step) => step > 3;
    const callbacks = [out];
    const { trainer, train } = training({ out, saveEvery: 2, callbacks });
    await expect(trainer.fit(train, { steps: 6 })).rejects.toThrow("memory/metrics.jsonl: the disk is full");
    expect((await new RunFolder(out).checkpoints())[0].name).toBe("checkpoints/step-000002.safetensors");
  });

  it("saves and ends when its time is up", async () => {
    const out = temporaryFolder();
    const { trainer, train } = training({ out, timeLimit: 0.2 });
    const result = await trainer.fit(train, { steps: 10_000_000 });
    expect([result.interrupted, result.signal]).toEqual([true, undefined]);
    expect((await new RunFolder(out).checkpoints())[0].name).toContain(String(result.steps));
  });

  it("finishes the step, saves, and says how to go on when it is stopped", async () => {
    const out = temporaryFolder();
    const stop = new AbortController();
    const callbacks: Callback[] = [{ onStep: ({ step }) => void (step === 3 && stop.abort()) }];
    const { trainer, train, log } = training({ out, callbacks, signal: stop.signal });
    const result = await trainer.fit(train, { steps: 10 });
    expect([result.steps, result.interrupted]).toEqual([3, true]);
    expect(log.at(-1)).toBe(
      `stopped after step 3, saved in ${out}: the same with resume (--resume) goes on from there`,
    );
    expect(readdirSync(`${out}/checkpoints`)).toEqual(["step-000003.safetensors"]);
  });

  it("takes Ctrl-C for a request to stop, and no longer listens after its end", async () => {
    const callbacks: Callback[] = [{ onStep: ({ step }) => void (step === 2 && process.emit("SIGINT")) }];
    const listening = process.listenerCount("SIGINT");
    const { trainer, train, log } = training({ callbacks });
    const { steps, interrupted } = await trainer.fit(train, { steps: 10 });
    expect([steps, interrupted]).toEqual([2, true]);
    expect(log).toEqual([
      "stopping after this step (Ctrl-C again stops at once)",
      "stopped after step 2; nothing was saved, for there is no folder (out)",
    ]);
    expect(process.listenerCount("SIGINT")).toBe(listening);
  });

  it("moves an earlier run in the same folder out of the way", async () => {
    const out = temporaryFolder();
    const run = async (steps: number) => {
      const { trainer, train, log } = training({ out, config: { steps } });
      await trainer.fit(train, { steps });
      return log;
    };
    await run(2);
    const first = readFileSync(`${out}/metrics.jsonl`, "utf8");
    expect(await run(1)).toEqual([`an earlier run was moved to ${out}/previous/1`]);
    expect(readFileSync(`${out}/previous/1/metrics.jsonl`, "utf8")).toBe(first);
    expect(readdirSync(`${out}/checkpoints`)).toEqual(["step-000001.safetensors"]);
    expect(await run(3)).toEqual([`an earlier run was moved to ${out}/previous/2`]);
    expect(readdirSync(`${out}/previous/1/checkpoints`)).toEqual(["step-000002.safetensors"]);
    expect(readdirSync(`${out}/previous/2/checkpoints`)).toEqual(["step-000001.safetensors"]);
  });

  it("leaves alone what else lies in a folder called previous", async () => {
    const out = temporaryFolder();
    mkdirSync(`${out}/previous`);
    writeFileSync(`${out}/previous/notes.txt`, "mine");
    for (const steps of [1, 2]) await training({ out }).trainer.fit(training().train, { steps });
    expect(readdirSync(`${out}/previous`).sort()).toEqual(["1", "notes.txt"]);
  });

  it.each([0, 1, 2, 3, 4])(
    "goes on moving an earlier run where it was killed at the rename number %i",
    async (last) => {
      const out = temporaryFolder();
      const { trainer, train, validation } = training({ out, tokenizer });
      await trainer.fit(train, { steps: 1, validation });
      const [first, best] = ["metrics.jsonl", "best.safetensors"].map((name) => readFileSync(`${out}/${name}`, "utf8"));
      class Killed extends FolderStore {
        #renames = 0;
        override rename(name: string, to: string): Promise<void> {
          return this.#renames++ < last ? super.rename(name, to) : Promise.reject(new Error("killed"));
        }
      }
      await expect(training({ out: new Killed(out) }).trainer.fit(train, { steps: 1 })).rejects.toThrow("killed");
      await training({ out }).trainer.fit(training().train, { steps: 1 });
      expect(readdirSync(`${out}/previous`)).toEqual(["1"]);
      const kept = ["best.safetensors", "checkpoints", "config.json", "metrics.jsonl", "tokenizer.json"];
      expect(readdirSync(`${out}/previous/1`).sort()).toEqual(kept);
      expect(readFileSync(`${out}/previous/1/metrics.jsonl`, "utf8")).toBe(first);
      expect(readFileSync(`${out}/previous/1/best.safetensors`, "utf8")).toBe(best);
    },
  );

  it("deletes an earlier run where that is asked for, once it has said what", async () => {
    const out = temporaryFolder();
    writeFileSync(`${out}/.hidden`, "");
    await training({ out, saveEvery: 1 }).trainer.fit(training().train, { steps: 3 });
    writeFileSync(`${out}/notes.txt`, "mine");
    const { trainer, train, log } = training({ out, overwrite: true });
    await trainer.fit(train, { steps: 1 });
    expect(log[0]).toBe(`deleting an earlier run in ${out}: config.json, metrics.jsonl, checkpoints (2)`);
    expect(readdirSync(out).sort()).toEqual([".hidden", "checkpoints", "config.json", "metrics.jsonl", "notes.txt"]);
    expect(readdirSync(`${out}/checkpoints`)).toEqual(["step-000001.safetensors"]);
    expect(() => training({ out, overwrite: true, resume: true })).toThrow("(resume) or overwritten, not both");
  });

  it("refuses a folder of somebody else's, and changes nothing in it", async () => {
    const out = temporaryFolder();
    for (const name of ["config.json", "model.safetensors"]) writeFileSync(`${out}/${name}`, name);
    const { trainer, train } = training({ out });
    await expect(trainer.fit(train, { steps: 1 })).rejects.toThrow(
      `${out} holds other files (model.safetensors) and no run: give the run a folder of its own (out, --out), such as ${out}/run`,
    );
    expect(readdirSync(out).sort()).toEqual(["config.json", "model.safetensors"]);
    expect(readFileSync(`${out}/config.json`, "utf8")).toBe("config.json");
  });

  it.each<[Partial<TrainerOptions>, string]>([
    [{ clip: 0 }, "Trainer: clip is 0, it has to be above 0"],
    [{ accumulate: 0 }, "Trainer: accumulate is 0, it has to be a whole number from 1"],
    [{ saveEvery: 1.5 }, "Trainer: saveEvery is 1.5, it has to be a whole number from 1"],
    [{ resume: true }, "Trainer: resume needs the run's folder: give out"],
  ])("refuses %o", (options, message) => {
    expect(() => training(options)).toThrow(message);
  });

  it.each<[FitOptions, string]>([
    [{}, "fit: give either steps or epochs"],
    [{ steps: 1, epochs: 1 }, "fit: give either steps or epochs"],
    [{ steps: 0 }, "Trainer: steps is 0, it has to be a whole number from 1"],
    [{ epochs: -1 }, "fit: epochs is -1, it has to be above 0"],
    [{ steps: 1, evaluateEvery: 0 }, "Trainer: evaluateEvery is 0"],
  ])("refuses to fit with %o", async (options, message) => {
    const { trainer, train } = training();
    await expect(trainer.fit(train, options)).rejects.toThrow(message);
  });
});

describe("a run's folder", () => {
  it("leaves out a line of metrics that was cut off", async () => {
    const folder = new RunFolder(temporaryFolder());
    const lines: Metrics[] = [1, 2].map((step) => ({ event: "step", step }));
    for (const line of lines) folder.record(line);
    await folder.flush();
    const { appendFileSync } = await import("node:fs");
    appendFileSync(folder.file("metrics.jsonl").path, '{"event":"step","st');
    expect(await folder.metrics()).toEqual(lines);
    expect(await folder.metrics(1)).toEqual(lines.slice(0, 1));
  });

  it("says that there is no run, and no checkpoint", async () => {
    const path = temporaryFolder();
    const folder = new RunFolder(path);
    await expect(folder.config()).rejects.toThrow(`no run file: ${path}/config.json: it does not exist`);
    await expect(folder.weights()).rejects.toThrow(`no checkpoint in ${path}: train a model into this folder first`);
  });

  it("says that weights belong to another model", async () => {
    const out = temporaryFolder();
    const { trainer, train } = training({ out });
    await trainer.fit(train, { steps: 1 });
    const path = await new RunFolder(out).weights();
    await expect(loadWeights(path, new Bigrams(3))).rejects.toThrow(`${path}: Bigrams.loadStateDict: `);
  });
});

describe("an optimiser of any kind", () => {
  it("is trained with", async () => {
    const { train, model } = training();
    const optimizer = new SGD(model.parameters(), { lr: 0.5, momentum: 0.9 });
    const { trainLoss } = await new Trainer({ model, optimizer, progress: "off" }).fit(train, { steps: 100 });
    expect(trainLoss).toBeLessThan(1);
  });
});
