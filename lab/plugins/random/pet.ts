// SPDX-License-Identifier: Apache-2.0

/** Names of adverbs, an adjective and an animal, as `mildly-brave-otter`. */
import { randomInt } from "node:crypto";

const ADVERBS =
  "badly barely boldly briefly calmly clearly deeply early easily fairly firmly gently gladly happily hardly kindly largely lightly loosely loudly mainly mildly neatly openly partly plainly quickly quietly rarely readily safely sharply simply slowly softly steadily strongly surely truly warmly widely wisely".split(
    " ",
  );
const ADJECTIVES =
  "able agile amber ample brave bright brisk calm clean clever cool cosy daring eager early fair fast fine firm fond free fresh gentle glad good grand great happy honest humble keen kind large light lively loyal lucky merry mild neat noble open patient plain proud pure quick quiet rapid ready rich sharp shiny silent sleek smart smooth solid steady still strong sunny swift tidy tough warm wise witty young".split(
    " ",
  );
const ANIMALS =
  "adder ant ape badger bat bear beaver bee bird bison boar buck bull camel carp cat cobra cod cow crab crane cricket crow deer dingo dog dove duck eagle eel elk falcon ferret finch fish fly fox frog gecko goat goose gull hare hawk hen heron horse jackal jay kite kiwi koala lamb lark lion lizard llama lynx magpie mole monkey moose moth mouse mule newt otter owl ox panda perch pig pike pony puma quail rabbit ram raven robin rook salmon seal shark sheep shrew skunk slug snail snake spider stork swan tapir tiger toad trout viper vole wasp weasel whale wolf wombat worm wren yak zebra".split(
    " ",
  );

const pick = (words: string[]): string => words[randomInt(words.length)] as string;

/** @param length number of words: 1 is an animal, each further one stands before it */
export function petName(length: number, separator: string): string {
  const words = [pick(ANIMALS)];
  if (length > 1) words.unshift(pick(ADJECTIVES));
  while (words.length < length) words.unshift(pick(ADVERBS));
  return words.join(separator);
}
