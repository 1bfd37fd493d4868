import { tellings } from "../../src/lecture/experiment.ts";

export const texts = tellings({
  en: {
    title: "A recommender of films, and attention",
    lecture:
      "Describe a film by numbers, and a viewer by how much each of them pleases. The dot product of the two says how well they go along. Self-attention does nothing else: every input asks every other one the same way.",
    shows:
      "The films, their traits and the viewers are our own: viewers like and dislike traits by chance, and give the films they have seen one to five stars. The model is not told of traits. It learns a vector for each viewer and each film, so that their dot product is the rating; then it orders films that it was not shown the ratings of.",
    change:
      "Set differ to 0, so that all viewers have one taste, or width to 1. Add a film, with traits as you see them.",
    claims: {
      ranking: {
        says: "the dot product of learned vectors orders films that were held back better than popularity does",
        compares: ["pairs in the right order by the dot product", "by popularity, and 0.03 more"],
      },
      portrait: {
        says: "attention with these vectors as queries and keys collects, of the films' traits, those that the viewer likes",
        compares: ["cosine between what was collected and the taste, mean over viewers", "at least"],
      },
    },
    figures: {
      ranking: {
        title: "Which of two films does a viewer like better?",
        caption:
          "The share of pairs of held-out films that are put in the order of the viewer's stars. Popularity is the mean of a film's stars, the same for everybody.",
        alt: "Bars: the share of pairs in the right order by the dot product, by popularity, and by chance.",
      },
      attention: {
        title: "The same numbers as attention weights",
        caption:
          "On the left the dot products of six viewers' vectors with all films', below 0 where they do not go along. Softmax over the films makes of each column weights that sum to one: the attention of a viewer, who asks, to the films, which are keys.",
        alt: "Two heat maps, films by viewers: dot products, and the weights that softmax makes of them.",
      },
      portraits: {
        title: "The weighted sum: what attention collects",
        caption:
          "Each film's value is what it has of each trait, above or below the average film. Weighted by attention, they sum to a portrait of the viewer, who was never asked about traits.",
        alt: "Two heat maps, traits by viewers: the viewers' tastes, and the traits that attention has collected.",
      },
    },
    films: [
      "Star Wars",
      "The Matrix",
      "Alien",
      "Solaris",
      "Interstellar",
      "Guardians of the Galaxy",
      "The Terminator",
      "Die Hard",
      "Mad Max",
      "Indiana Jones",
      "The Shining",
      "Psycho",
      "The Birds",
      "Titanic",
      "Casablanca",
      "Roman Holiday",
      "Amélie",
      "The Irony of Fate",
      "Groundhog Day",
      "Some Like It Hot",
      "The Diamond Arm",
      "Home Alone",
      "Toy Story",
      "Hedgehog in the Fog",
    ],
    traits: ["action", "comedy", "romance", "space", "fear", "for the family"],
    film: "film",
    viewer: "viewer",
    trait: "trait",
    product: "dot product",
    weight: "attention weight",
    taste: "what the viewer likes",
    collected: "what attention collected",
    byProduct: "dot product",
    byPopularity: "popularity",
    chance: "chance",
    right: "share of pairs in the right order",
  },
  ru: {
    title: "Рекомендация фильмов и внимание",
    lecture:
      "Опишем фильм числами, а зрителя — тем, насколько ему нравится каждый из признаков. Скалярное произведение скажет, насколько они подходят друг другу. Самовнимание делает то же самое: каждый вход так же спрашивает все остальные.",
    shows:
      "Фильмы, их признаки и зрители придуманы для этого опыта: признаки нравятся зрителям случайным образом, и просмотренным фильмам они ставят от одной до пяти звёзд. Модель о признаках не знает. Она учит вектор каждого зрителя и каждого фильма так, чтобы их скалярное произведение давало оценку, а потом упорядочивает фильмы, оценок которых не видела.",
    change:
      "Поставьте differ равным 0 — вкусы станут одинаковыми — или width равным 1. Добавьте фильм и опишите его признаки.",
    claims: {
      ranking: {
        says: "скалярное произведение выученных векторов упорядочивает отложенные фильмы лучше, чем популярность",
        compares: ["доля верно упорядоченных пар по скалярному произведению", "по популярности, плюс 0,03"],
      },
      portrait: {
        says: "внимание, в котором эти векторы служат запросами и ключами, собирает те признаки фильмов, которые зрителю нравятся",
        compares: ["косинус между собранным и вкусом, в среднем по зрителям", "не меньше"],
      },
    },
    figures: {
      ranking: {
        title: "Какой из двух фильмов зритель оценит выше?",
        caption:
          "Доля пар отложенных фильмов, расставленных в том же порядке, что и оценки зрителя. Популярность — средняя оценка фильма, одна на всех.",
        alt: "Столбцы: доля верно упорядоченных пар по скалярному произведению, по популярности и наугад.",
      },
      attention: {
        title: "Те же числа как веса внимания",
        caption:
          "Слева — скалярные произведения векторов шести зрителей с векторами всех фильмов; где они не подходят друг другу, число отрицательно. Softmax по фильмам превращает каждый столбец в веса, дающие в сумме единицу: это внимание зрителя (запроса) к фильмам (ключам).",
        alt: "Две тепловые карты, фильмы и зрители: скалярные произведения и веса, которые делает из них softmax.",
      },
      portraits: {
        title: "Взвешенная сумма: что собрало внимание",
        caption:
          "Значение фильма — его признаки, выше или ниже средних. Их сумма, взвешенная вниманием, даёт портрет зрителя, которого о признаках никто не спрашивал.",
        alt: "Две тепловые карты, признаки и зрители: вкусы зрителей и признаки, которые собрало внимание.",
      },
    },
    films: [
      "Звёздные войны",
      "Матрица",
      "Чужой",
      "Солярис",
      "Интерстеллар",
      "Стражи Галактики",
      "Терминатор",
      "Крепкий орешек",
      "Безумный Макс",
      "Индиана Джонс",
      "Сияние",
      "Психо",
      "Птицы",
      "Титаник",
      "Касабланка",
      "Римские каникулы",
      "Амели",
      "Ирония судьбы",
      "День сурка",
      "В джазе только девушки",
      "Бриллиантовая рука",
      "Один дома",
      "История игрушек",
      "Ёжик в тумане",
    ],
    traits: ["действие", "комедия", "любовь", "космос", "страх", "для семьи"],
    film: "фильм",
    viewer: "зритель",
    trait: "признак",
    product: "скалярное произведение",
    weight: "вес внимания",
    taste: "что нравится зрителю",
    collected: "что собрало внимание",
    byProduct: "скалярное произведение",
    byPopularity: "популярность",
    chance: "наугад",
    right: "доля верно упорядоченных пар",
  },
});
