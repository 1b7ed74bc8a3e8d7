/** One article of the magazine. Its slug is its address, and the parent under which it is counted. */
export interface Article {
  slug: string
  title: string
  /** One sentence for the card. */
  teaser: string
  author: string
  minutes: number
  paragraphs: string[]
}

/** Everything the magazine has published, newest first. */
export const articles: readonly Article[] = [
  {
    slug: 'the-turnstile-remembers',
    title: 'The turnstile remembers',
    teaser: 'A gate at the harbour has counted every visitor since 1931. Nobody has ever reset it.',
    author: 'Marta Lindqvist',
    minutes: 4,
    paragraphs: [
      'The gate is painted green every spring, so that by now it is more paint than iron. Behind the paint a wheel with seven digits moves on by one whenever somebody leans against the bar. It has no memory of who that was. It has only ever learned one sentence, and it says it very well.',
      'Twice the harbour office thought about setting it back to zero. Both times the keeper said the same thing: a number that starts again every year is a diary, and a number that never starts again is a tree.',
      'On the day I visited it stood at 4,118,906. I went through, turned round, and read 4,118,907. It is a small thing to have been counted once and not twice, but I found that I stood a little straighter.',
    ],
  },
  {
    slug: 'one-two-many',
    title: 'One, two, many',
    teaser: 'How far can you count without counting? A walk along the edge of what the eye knows at once.',
    author: 'Jonas Okafor',
    minutes: 6,
    paragraphs: [
      'Throw three pebbles on a table and you do not count them; you see three. Throw four, and most people still see four. At five something else begins. The eye hands the work over to the voice, and the voice goes pebble by pebble.',
      'Shepherds knew this before anybody measured it. They notched a stick in groups of five, because a notch more is no longer seen but has to be read.',
      'Whoever draws a table of numbers does well to remember the stick. Three columns are seen. Nine columns are read, if somebody has the time.',
    ],
  },
  {
    slug: 'the-lighthouse-ledger',
    title: 'The lighthouse ledger',
    teaser: 'Every ship that passed was written down, even in the storm that took the pen.',
    author: 'Aoife Brennan',
    minutes: 5,
    paragraphs: [
      'The rule of the service was simple: first into the book, then to the window. A ship that was in the book could be reported when the line to the mainland was back. A ship that was only seen was, as the inspectors put it, weather.',
      'In the storm of November the line was down for six days. The keepers wrote. When it came back they sent forty-one ships in one morning, in the order of the pages, and the office on the mainland struck out the two which it had received already.',
      'Nobody thought that remarkable. It is what a ledger is for.',
    ],
  },
  {
    slug: 'bees-keep-no-spreadsheets',
    title: 'Bees keep no spreadsheets',
    teaser: 'A hive decides by adding up. Its arithmetic is rough, quick, and hardly ever wrong.',
    author: 'Pilar Echeverría',
    minutes: 7,
    paragraphs: [
      'A scout that has found a good hollow comes back and dances. A scout that has found a better one dances longer. Nobody tallies the dances. They simply add, and when enough of them have added up the swarm is in the air.',
      'It does not matter in which order the scouts come home, nor which of them is seen first. The sum is the same, and the swarm moves into the same tree.',
      'Engineers have a long word for such sums. The bees, who use them more, have none.',
    ],
  },
  {
    slug: 'a-census-of-swifts',
    title: 'A census of swifts',
    teaser: 'Two observers, one roof, and the difficulty of not counting the same bird again.',
    author: 'Henrik Vass',
    minutes: 5,
    paragraphs: [
      'Swifts do not hold still. They come out of the roof in a bunch, go round the church, and come back looking exactly like swifts that have not been counted yet.',
      'The trick, says my companion, is to count entries and not birds: each gap under the tiles is a door, and each door has a name. If she and I both write down that somebody went in at door nine at seven minutes past eight, then it was one swift and not two.',
      'We compared our lists over soup. Of 212 lines, 30 were the same line twice. What was left was a number that both of us believed.',
    ],
  },
  {
    slug: 'the-last-mechanical-till',
    title: 'The last mechanical till',
    teaser: 'It adds in whole cents, it cannot round, and it rings when it is sure.',
    author: 'Samira Haddad',
    minutes: 3,
    paragraphs: [
      'The ironmonger in the Linden Street has a till that weighs as much as a calf. It knows cents and nothing smaller. Ask it for a third of a franc and the key is simply not there.',
      'In sixty years it has never been off by one. Its successor, which had a screen, was off by one in its first week: three prices had been halves of something, and halves of something had been stored as nearly halves.',
      'The screen is in the cellar now. Upstairs, the bell rings.',
    ],
  },
]

/** The article at that address, if there is one. */
export function articleOf(slug: string): Article | undefined {
  return articles.find((article) => article.slug === slug)
}
