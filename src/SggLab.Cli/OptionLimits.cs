using System.CommandLine;
using System.Globalization;

namespace SggLab.Cli;

/// <summary>
/// What an option's value must be beyond its type. The words are looked at, not the value: asking the parser for the value of what is no number throws,
/// where its own message should be printed.
/// </summary>
internal static class OptionLimits
{
    public static void MustBeWithin<T>(this Option<T> option, long least, long most = long.MaxValue) => option.Validators.Add(found =>
    {
        foreach (var token in found.Tokens)
            if (long.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && (number < least || number > most))
                found.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {number}; wanted a number from {least}{(most < long.MaxValue ? $" to {most}" : "")}."));
    });

    /// <summary>Said before the work: a result that has no place to go would be lost.</summary>
    public static void MustNameAFile<T>(this Option<T> option) => option.Validators.Add(found =>
    {
        if (found.Tokens is [{ Value: var path }] && (path.Length == 0 || path.EndsWith('/') || Directory.Exists(path)))
            found.AddError(path.Length == 0 ? $"{option.Name} is empty; wanted the path of a file." : $"{option.Name} {path} is a folder; wanted the path of a file.");
    });

    public static void MustNameAFolder<T>(this Option<T> option) => option.MustNotBeEmpty("the path of a folder");

    /// <param name="wanted">What the option takes, as the message names it.</param>
    public static void MustNotBeEmpty<T>(this Option<T> option, string wanted) => option.Validators.Add(found =>
    {
        if (found.Tokens is [{ Value: "" }]) found.AddError($"{option.Name} is empty; wanted {wanted}.");
    });
}
