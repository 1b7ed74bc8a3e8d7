import { type Command, InvalidArgumentError } from 'commander'

/** Gives a command the option that most have. */
export function withConfig(command: Command): Command {
  return command.option('--config <file>', 'configuration file, trackable.config.ts by default')
}

/** A whole number of an option. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number of 1 or more')
  return value
}
