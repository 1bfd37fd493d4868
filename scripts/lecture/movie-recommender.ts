/**
 * Self-attention explained by a recommender of films: each viewer and each film gets a vector, and how well two go along is
 * their dot product. The same numbers, through softmax, are attention weights.
 */
import { noGrad, random, type Tensor, tensor } from "@lectern/autograd";
import { Embedding, Module, normal_ } from "@lectern/nn";
import { AdamW, DataLoader, stack, Trainer } from "@lectern/train";
import { above } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, heatMap } from "../src/report/figures.ts";
import { texts } from "./texts/movie-recommender.ts";

// #region settings
const settings = {
  full: {
    viewers: 500,
    /** How many films each has rated, and how many of these ratings are held back. */
    seen: 14,
    heldOut: 5,
    /** Numbers in a vector. */
    width: 5,
    /** How much tastes differ, and how much stars are a matter of mood. */
    differ: 1,
    whim: 0.5,
    steps: 3000,
  },
  quick: { viewers: 200, steps: 1000 },
  smallest: { viewers: 100, steps: 250 },
};
// #endregion

// #region films
/** What each film has of each trait, from 0 to 1, and how much everybody likes it, in stars. Our own view of them. */
const TRAITS = ["action", "comedy", "romance", "space", "fear", "family"] as const;
const FILMS: readonly (readonly [title: string, liked: number, ...traits: number[]])[] = [
  ["Star Wars", 0.5, 0.8, 0.2, 0.2, 1.0, 0.1, 0.6],
  ["The Matrix", 0.5, 1.0, 0.1, 0.2, 0.6, 0.3, 0.0],
  ["Alien", 0.2, 0.5, 0.0, 0.0, 1.0, 1.0, 0.0],
  ["Solaris", 0.0, 0.0, 0.0, 0.5, 1.0, 0.4, 0.0],
  ["Interstellar", 0.4, 0.4, 0.0, 0.3, 1.0, 0.2, 0.2],
  ["Guardians of the Galaxy", 0.2, 0.8, 0.8, 0.2, 1.0, 0.0, 0.5],
  ["Terminator", 0.3, 1.0, 0.0, 0.2, 0.5, 0.5, 0.0],
  ["Die Hard", 0.2, 1.0, 0.3, 0.1, 0.0, 0.3, 0.0],
  ["Mad Max", 0.0, 1.0, 0.0, 0.0, 0.2, 0.4, 0.0],
  ["Indiana Jones", 0.4, 0.9, 0.4, 0.2, 0.0, 0.2, 0.5],
  ["The Shining", 0.1, 0.1, 0.0, 0.0, 0.0, 1.0, 0.0],
  ["Psycho", 0.1, 0.1, 0.0, 0.1, 0.0, 1.0, 0.0],
  ["The Birds", -0.1, 0.2, 0.0, 0.2, 0.0, 0.9, 0.0],
  ["Titanic", 0.4, 0.3, 0.0, 1.0, 0.0, 0.2, 0.1],
  ["Casablanca", 0.2, 0.1, 0.1, 1.0, 0.0, 0.0, 0.0],
  ["Roman Holiday", 0.1, 0.0, 0.6, 1.0, 0.0, 0.0, 0.4],
  ["Amelie", 0.2, 0.0, 0.6, 0.9, 0.0, 0.0, 0.1],
  ["The Irony of Fate", 0.3, 0.0, 0.8, 0.9, 0.0, 0.0, 0.4],
  ["Groundhog Day", 0.2, 0.0, 0.9, 0.7, 0.1, 0.0, 0.4],
  ["Some Like It Hot", 0.2, 0.1, 1.0, 0.7, 0.0, 0.0, 0.2],
  ["The Diamond Arm", 0.3, 0.4, 1.0, 0.1, 0.0, 0.0, 0.6],
  ["Home Alone", 0.2, 0.4, 1.0, 0.0, 0.0, 0.1, 1.0],
  ["Toy Story", 0.4, 0.4, 0.7, 0.0, 0.2, 0.0, 1.0],
  ["Hedgehog in the Fog", 0.3, 0.0, 0.2, 0.0, 0.0, 0.3, 1.0],
];
// #endregion

interface Rating {
  readonly viewer: number;
  readonly film: number;
  /** From 1 to 5. */
  readonly stars: number;
}

/** The middle of the scale: what is above it is liked. */
const MIDDLE = 3;
/** Viewers in the pictures. */
const SHOWN = 6;

const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** How much each viewer likes each trait; below 0, dislikes it. */
const tastesOf = ({ viewers, differ }: typeof settings.full) =>
  Array.from({ length: viewers }, () => TRAITS.map(() => differ * normal()));

/** Each viewer has seen some of the films, and gives them stars. */
function rate(tastes: readonly (readonly number[])[], { seen, whim }: typeof settings.full): Rating[] {
  return tastes.flatMap((taste, viewer) => {
    const order = FILMS.map((_, film) => [random(), film]).sort(([a], [b]) => a - b);
    return order.slice(0, seen).map(([, film]) => {
      const [, liked, ...traits] = FILMS[film];
      const stars = Math.round(MIDDLE + liked + dot(traits, taste) + whim * normal());
      return { viewer, film, stars: Math.min(5, Math.max(1, stars)) };
    });
  });
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

// #region recommender
/** A vector for each viewer and each film; a rating is what their dot product should be. */
class Recommender extends Module {
  readonly viewers: Embedding;
  readonly films: Embedding;

  constructor(viewers: number, width: number) {
    super();
    this.viewers = new Embedding(viewers, width);
    this.films = new Embedding(FILMS.length, width);
    for (const table of this.parameters()) normal_(table, 0, 0.1);
  }

  /** viewer, film: int32 [batch] -> [batch], in stars above the middle. */
  forward(viewer: Tensor, film: Tensor): Tensor {
    return this.viewers.forward(viewer).mul(this.films.forward(film)).sum(-1);
  }

  loss({ viewer, film, stars }: { viewer: Tensor; film: Tensor; stars: Tensor }): Tensor {
    return this.forward(viewer, film).add(MIDDLE).sub(stars).square().mean();
  }
}
// #endregion

/** The share of pairs of one viewer's films, with different stars, that a score puts in the right order. */
function rankedRight(ratings: readonly Rating[], score: (viewer: number, film: number) => number): number {
  let [right, pairs] = [0, 0];
  for (const a of ratings) {
    for (const b of ratings) {
      if (a.viewer !== b.viewer || a.stars <= b.stars) continue;
      pairs++;
      const difference = score(a.viewer, a.film) - score(b.viewer, b.film);
      right += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
    }
  }
  return right / pairs;
}

/** The mean of each film's stars, whoever gave them. */
const popularityIn = (ratings: readonly Rating[]) =>
  FILMS.map((_, film) => {
    const stars = ratings.filter((rating) => rating.film === film).map((rating) => rating.stars);
    return stars.reduce((sum, value) => sum + value, 0) / Math.max(1, stars.length);
  });

// #region attention
/** The same vectors as attention: viewers ask, films are the keys, and what is collected are the films' traits. */
function attend({ viewers, films }: Recommender) {
  const [queries, keys] = [viewers.weight, films.weight];
  const products = queries.matmul(keys.T);
  const weights = products.softmax(-1);
  const values = tensor(FILMS.map(([, , ...traits]) => traits));
  return { products, weights, collected: weights.matmul(values.sub(values.mean(0))) };
}
// #endregion

export const experiment = defineExperiment({
  id: "movie-recommender",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { viewers, seen, heldOut, width, steps } = settings;
    const tastes = tastesOf(settings);
    const ratings = rate(tastes, settings);
    const train = ratings.filter((_, i) => i % seen >= heldOut);
    const test = ratings.filter((_, i) => i % seen < heldOut);

    const model = new Recommender(viewers, width);
    const optimizer = new AdamW(model.parameters(), { lr: 0.02, weightDecay: 1 });
    const collate = stack({ viewer: { dtype: "int32" }, film: { dtype: "int32" }, stars: { dtype: "float32" } });
    const callbacks = [{ onStep: ({ step }: { step: number }) => progress(step, steps) }];
    const trainer = new Trainer({ model, optimizer, callbacks, progress: "off" });
    await trainer.fit(new DataLoader(train, { batch: 256, collate, seed }), { steps });

    const [products, weights, collected] = noGrad(() => {
      const found = attend(model);
      return [found.products, found.weights, found.collected].map((table) => table.arraySync() as number[][]);
    });
    const popularity = popularityIn(train);
    return {
      byProduct: rankedRight(test, (viewer, film) => products[viewer][film]),
      byPopularity: rankedRight(test, (_, film) => popularity[film]),
      likeness: mean(tastes.map((taste, viewer) => cosine(taste, collected[viewer]))),
      shown: products.slice(0, SHOWN).map((row, viewer) => ({ products: row, weights: weights[viewer] })),
      portraits: tastes.slice(0, SHOWN).map((taste, viewer) => ({ taste, collected: collected[viewer] })),
      heldOut: test.length,
    };
  },

  // #region claims
  claims: {
    ranking: ({ byProduct, byPopularity }) => above(byProduct, byPopularity + 0.03),
    portrait: ({ likeness }) => above(likeness, 0.3),
  },
  // #endregion
  breaks: {
    // All viewers have one taste: there is nothing to recommend but what everybody likes.
    ranking: { differ: 0 },
    portrait: { steps: 1 },
  },

  figures: ({ data, t }) => {
    const viewers = data.shown.map((_, i) => `${t.viewer} ${i + 1}`);
    const byFilm = (rows: readonly (readonly number[])[]) => FILMS.map((_, film) => rows.map((row) => row[film]));
    return [
      bars({
        ...t.figures.ranking,
        id: "ranking",
        code: "recommender",
        value: { label: t.right, from: 0, to: 1 },
        bars: [
          { label: t.byProduct, value: data.byProduct },
          { label: t.byPopularity, value: data.byPopularity },
          { label: t.chance, value: 0.5 },
        ],
      }),
      heatMap({
        ...t.figures.attention,
        id: "attention",
        code: "attention",
        rows: t.films,
        columns: viewers,
        rowLabel: t.film,
        columnLabel: t.viewer,
        panels: [
          { title: t.product, values: byFilm(data.shown.map(({ products }) => products)) },
          { title: t.weight, values: byFilm(data.shown.map(({ weights }) => weights)) },
        ],
      }),
      heatMap({
        ...t.figures.portraits,
        id: "portraits",
        code: "films",
        rows: t.traits,
        columns: viewers,
        rowLabel: t.trait,
        columnLabel: t.viewer,
        panels: [
          { title: t.taste, values: t.traits.map((_, i) => data.portraits.map(({ taste }) => taste[i])) },
          { title: t.collected, values: t.traits.map((_, i) => data.portraits.map(({ collected }) => collected[i])) },
        ],
      }),
    ];
  },
});
