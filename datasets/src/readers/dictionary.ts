/**
 * Common Russian words, each with one English word for it: nouns by what they belong to, then adjectives and numbers. The
 * table is this project's own. Words that mean several things have the meaning that stands first in a child's dictionary.
 */
const TABLE = `
  кот cat|собака dog|корова cow|лошадь horse|овца sheep|коза goat|свинья pig|курица hen|петух rooster|утка duck|
  гусь goose|мышь mouse|крыса rat|медведь bear|волк wolf|лиса fox|заяц hare|олень deer|лось elk|лев lion|тигр tiger|
  слон elephant|обезьяна monkey|верблюд camel|ёж hedgehog|белка squirrel|бобр beaver|кит whale|акула shark|рыба fish|
  лягушка frog|змея snake|черепаха turtle|птица bird|орёл eagle|сова owl|ворона crow|голубь pigeon|воробей sparrow|
  лебедь swan|пчела bee|муха fly|комар mosquito|паук spider|муравей ant|бабочка butterfly|червь worm|
  человек human|мужчина man|женщина woman|мальчик boy|девочка girl|ребёнок child|мать mother|отец father|брат brother|
  сестра sister|сын son|дочь daughter|дед grandfather|бабушка grandmother|дядя uncle|тётя aunt|муж husband|жена wife|
  друг friend|враг enemy|сосед neighbour|гость guest|король king|королева queen|врач doctor|учитель teacher|
  ученик pupil|повар cook|солдат soldier|моряк sailor|художник artist|певец singer|писатель writer|судья judge|
  вор thief|
  голова head|лицо face|глаз eye|ухо ear|нос nose|рот mouth|зуб tooth|язык tongue|губа lip|волос hair|шея neck|
  плечо shoulder|рука hand|палец finger|нога leg|колено knee|спина back|живот belly|сердце heart|кровь blood|
  кость bone|кожа skin|мозг brain|
  дом house|комната room|кухня kitchen|дверь door|окно window|стена wall|крыша roof|пол floor|лестница stairs|
  ключ key|замок lock|стол table|стул chair|кровать bed|шкаф wardrobe|полка shelf|зеркало mirror|лампа lamp|
  свеча candle|печь stove|часы clock|ковёр carpet|подушка pillow|одеяло blanket|чашка cup|тарелка plate|ложка spoon|
  вилка fork|нож knife|бутылка bottle|корзина basket|мешок sack|коробка box|верёвка rope|игла needle|нитка thread|
  молоток hammer|гвоздь nail|пила saw|топор axe|лопата spade|ведро bucket|мыло soap|полотенце towel|
  хлеб bread|масло butter|сыр cheese|молоко milk|яйцо egg|мясо meat|суп soup|каша porridge|рис rice|соль salt|
  сахар sugar|мёд honey|чай tea|кофе coffee|вода water|вино wine|пиво beer|сок juice|яблоко apple|груша pear|
  слива plum|вишня cherry|виноград grape|лимон lemon|апельсин orange|арбуз watermelon|орех nut|картофель potato|
  морковь carrot|капуста cabbage|лук onion|чеснок garlic|огурец cucumber|помидор tomato|горох pea|гриб mushroom|
  пирог pie|
  одежда clothes|рубашка shirt|платье dress|юбка skirt|пальто coat|шапка cap|шляпа hat|шарф scarf|перчатка glove|
  сапог boot|пояс belt|пуговица button|карман pocket|кольцо ring|очки glasses|зонт umbrella|
  город city|деревня village|улица street|дорога road|мост bridge|площадь square|школа school|больница hospital|
  церковь church|рынок market|магазин shop|завод factory|башня tower|театр theatre|музей museum|тюрьма prison|
  вокзал station|поезд train|корабль ship|лодка boat|самолёт airplane|колесо wheel|телега cart|
  солнце sun|луна moon|звезда star|небо sky|облако cloud|дождь rain|снег snow|ветер wind|гроза thunderstorm|туман fog|
  лёд ice|огонь fire|дым smoke|земля earth|песок sand|камень stone|гора mountain|холм hill|долина valley|пещера cave|
  лес forest|поле field|луг meadow|сад garden|река river|озеро lake|море sea|остров island|берег shore|волна wave|
  болото swamp|дерево tree|лист leaf|корень root|ветка branch|цветок flower|роза rose|трава grass|дуб oak|
  берёза birch|сосна pine|ель spruce|семя seed|золото gold|серебро silver|железо iron|медь copper|стекло glass|
  день day|ночь night|утро morning|вечер evening|неделя week|месяц month|год year|век century|час hour|минута minute|
  весна spring|лето summer|осень autumn|зима winter|время time|начало beginning|конец end|праздник holiday|
  книга book|страница page|слово word|буква letter|число number|вопрос question|ответ answer|письмо mail|
  газета newspaper|бумага paper|карандаш pencil|перо feather|картина picture|карта map|песня song|музыка music|
  сказка tale|правда truth|ложь lie|мысль thought|память memory|сон dream|смех laughter|слеза tear|голос voice|
  имя name|закон law|война war|мир peace|победа victory|свобода freedom|любовь love|дружба friendship|радость joy|
  страх fear|боль pain|смерть death|жизнь life|деньги money|цена price|подарок gift|игра game|кукла doll|мяч ball|
  труд labour|
  белый white|чёрный black|красный red|синий blue|зелёный green|жёлтый yellow|серый grey|большой big|маленький small|
  длинный long|короткий short|новый new|старый old|молодой young|хороший good|плохой bad|быстрый fast|медленный slow|
  тёплый warm|холодный cold|мягкий soft|твёрдый hard|лёгкий light|тяжёлый heavy|сладкий sweet|горький bitter|
  полный full|пустой empty|чистый clean|грязный dirty|
  один one|два two|три three|четыре four|пять five|шесть six|семь seven|восемь eight|девять nine|десять ten|
  сто hundred|тысяча thousand|
`;

/** The words in pairs, Russian and English. */
export const dictionary: readonly (readonly [russian: string, english: string])[] = TABLE.split("|")
  .map((entry) => entry.trim())
  .filter((entry) => entry !== "")
  .map((entry) => entry.split(" ") as [string, string]);
