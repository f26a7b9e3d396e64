import { byValues, type Completed, NAME } from './completed.ts';

/** The completion for Windows PowerShell and PowerShell. Where it says nothing, they complete names of files by themselves. */
export function powershellCompletion(commands: readonly Completed[]): string {
  return `# Completion of ${NAME} for PowerShell. To use it: ${NAME} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName '${NAME}' -ScriptBlock {
  param($current, $line, $cursor)
  $commands = @{
${commands.map(commandEntry).join('\n')}
  }
  $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.Extent.Text })
  $name = if ($words.Count -gt 1 -and $words[1] -notlike '-*') { $words[1] } else { '' }
  if (-not $commands.ContainsKey($name)) { return }
  $command = $commands[$name]
  $index = $words.Count - 1
  $more = ''
  while ($index -gt 0 -and $words[$index] -notlike '-*') { $index--; $more = '...' }
  $option = if ($index -gt 0) { $words[$index] + $more } else { '' }
  $candidates = if ($current -like '-*') { $command.Flags }
    elseif ($command.Values.ContainsKey($option)) { $command.Values[$option] }
    elseif ($name -or -not $option) { $command.Argument }
    else { @{} }
  $candidates.GetEnumerator() | Where-Object { $_.Key -like "$current*" } | Sort-Object Key | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
  }
}
`;

  function commandEntry(command: Completed): string {
    const values = [...byValues(command).values()].flatMap(({ values, patterns }) =>
      patterns.map((pattern) => `        ${quoted(pattern)} = ${table(described(values))}`),
    );
    return `    ${quoted(command.name)} = @{
      Argument = ${table(described(command.argument ?? 'any'))}
      Flags = ${table(command.options.map(({ flag, description }) => [flag, description]))}
      Values = @{
${values.join('\n')}
      }
    }`;
  }

  /** Words with what a person reads of them; paths and free text have none. */
  function described(values: readonly string[] | string): [string, string][] {
    if (typeof values === 'string') return [];
    return values.map((value) => [value, commands.find(({ name }) => name === value)?.description ?? value]);
  }
}

const table = (entries: readonly (readonly [string, string])[]): string =>
  `@{ ${entries.map(([word, description]) => `${quoted(word)} = ${quoted(description)}`).join('; ')} }`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
