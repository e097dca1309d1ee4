using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SggLab.Contracts.Specs;

/// <summary>
/// Fills a record from YAML by its members' snake_case names. Members marked required must be there, a key that is no member is an error
/// with the nearest name, and a value of another type is an error that says what was wanted. All of them are found before any is reported.
/// </summary>
internal sealed partial class SpecBinder(string path)
{
    private static readonly NullabilityInfoContext Nullability = new();

    private readonly List<SpecProblem> _problems = [];

    /// <exception cref="SpecException">Keys are missing, unknown or given twice, or values are of another type.</exception>
    public T Bind<T>(SpecNode node) where T : class
    {
        var record = BindRecord(typeof(T), node, "");
        if (_problems.Count == 0)
            return (T)record!;
        // What stands in `defaults` is bound once for each run that takes it.
        throw new SpecException(path, [.. _problems.DistinctBy(problem => (problem.Line, RunNumber().Replace(problem.Message, "runs[]"))).OrderBy(problem => problem.Line)]);
    }

    /// <returns>Null after a problem with the node itself; a record that must not be used after one below it.</returns>
    private object? BindRecord(Type type, SpecNode node, string at)
    {
        if (node is not SpecMap map)
            return Wrong(node, at, "wants a block of 'key: value' lines");
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(member => member.CanWrite).ToArray();
        var unknown = CheckKeys(map, members, at);
        var record = Activator.CreateInstance(type)!;
        foreach (var member in members)
            SetMember(record, member, map, unknown, at);
        return record;
    }

    /// <returns>The known names that unknown keys were probably meant to be.</returns>
    private HashSet<string> CheckKeys(SpecMap map, PropertyInfo[] members, string at)
    {
        var known = members.Select(member => YamlName(member.Name)).ToArray();
        var (seen, meant) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Key))
            {
                var nearest = NearestWord.Of(entry.Key, known);
                Problem(entry.Line, Join(at, entry.Key), $"unknown key '{Join(at, entry.Key)}'. {(nearest is null ? $"Known keys here: {string.Join(", ", known)}." : $"Did you mean '{nearest}'?")}");
                if (nearest is not null)
                    meant.Add(nearest);
            }
            else if (!seen.Add(entry.Key))
            {
                Problem(entry.Line, Join(at, entry.Key), $"'{Join(at, entry.Key)}' is given twice; keep one.");
            }
        }
        return meant;
    }

    /// <param name="misspelled">Not reported as missing too: the key is there, under another spelling.</param>
    private void SetMember(object record, PropertyInfo member, SpecMap map, HashSet<string> misspelled, string at)
    {
        var name = YamlName(member.Name);
        var isRequired = member.IsDefined(typeof(RequiredMemberAttribute));
        var value = map[name];
        if (value is null && isRequired && !misspelled.Contains(name))
            Problem(map.Line, Join(at, name), $"'{Join(at, name)}' is missing. Add '{name}: …' ({Wanted(member.PropertyType)}).");
        if (value is null)
            return;
        if (value is not SpecScalar { IsNull: true })
        {
            if (BindValue(member.PropertyType, value, Join(at, name)) is { } bound)
                member.SetValue(record, bound);
        }
        else if (AllowsNull(member))
        {
            member.SetValue(record, null);
        }
        else
        {
            Problem(value.Line, Join(at, name), $"'{Join(at, name)}' has no value; give {Wanted(member.PropertyType)}{(isRequired ? "" : " or leave the key out")}.");
        }
    }

    private object? BindValue(Type type, SpecNode node, string at)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(IReadOnlyList<NamedWeight>) && node is SpecMap weights)
            return BindWeights(weights, at);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return BindList(type.GetGenericArguments()[0], node, at);
        if (type.IsClass && type != typeof(string))
            return BindRecord(type, node, at);
        return (node is SpecScalar scalar ? BindScalar(type, scalar) : null) ?? Wrong(node, at, $"wants {Wanted(type)}");
    }

    private Array? BindList(Type element, SpecNode node, string at)
    {
        if (node is not SpecList list)
        {
            Wrong(node, at, "wants a list, each item after '- '");
            return null;
        }
        var items = Array.CreateInstance(element, list.Items.Count);
        for (var i = 0; i < items.Length; i++)
            items.SetValue(BindValue(element, list.Items[i], $"{at}[{i}]"), i);
        return items;
    }

    // The short form of a list of weights: a line 'name: number' each.
    private NamedWeight[] BindWeights(SpecMap map, string at) =>
        [.. map.Entries.Select(entry => BindValue(typeof(double), entry.Value, Join(at, entry.Key)) is double weight ? new NamedWeight { Name = entry.Key, Weight = weight } : null).OfType<NamedWeight>()];

    private static object? BindScalar(Type type, SpecScalar scalar)
    {
        var text = scalar.Text;
        if (type == typeof(string))
            return text;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        if (type == typeof(double))
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        if (type == typeof(bool))
            return text switch { "true" => true, "false" => false, _ => null };
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().FirstOrDefault(value => YamlName(value.ToString()!) == text);
        throw new NotSupportedException($"Spec members of type {type} cannot be read from YAML.");
    }

    private object? Wrong(SpecNode given, string at, string wanted)
    {
        Problem(given.Line, at, $"'{at}' {wanted}; given was {given switch { SpecScalar scalar => $"'{scalar.Text}'", SpecList => "a list", _ => "a block of keys" }}.");
        return null;
    }

    private void Problem(long line, string field, string message) => _problems.Add(new SpecProblem(field, message, line));

    private static bool AllowsNull(PropertyInfo member)
    {
        lock (Nullability)
            return Nullability.Create(member).WriteState == NullabilityState.Nullable;
    }

    private static string Wanted(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) ? "a whole number"
            : type == typeof(double) ? "a number such as 0.5 or 1e-5"
            : type == typeof(bool) ? "true or false"
            : type == typeof(string) ? "a text"
            : type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(YamlName))
            : type == typeof(IReadOnlyList<NamedWeight>) ? "a line 'name: number' each"
            : type.IsGenericType ? "a list" : "a block of keys";
    }

    internal static string YamlName(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);
    private static string Join(string at, string key) => at.Length == 0 ? key : $"{at}.{key}";

    [GeneratedRegex(@"runs\[\d+\]")]
    private static partial Regex RunNumber();
}
