using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SggLab.Contracts.Specs;

/// <summary>
/// Fills a record from YAML by its members' snake_case names. Members marked required must be there, a key that is no member is an error
/// with the nearest name, and a value of another type is an error that says what was wanted.
/// </summary>
internal sealed class SpecBinder(string path)
{
    private static readonly NullabilityInfoContext Nullability = new();

    public T Bind<T>(SpecNode node) where T : class => (T)BindRecord(typeof(T), node, "");

    private object BindRecord(Type type, SpecNode node, string at)
    {
        if (node is not SpecMap map)
            throw Error(node.Line, at, "wants a block of 'key: value' lines", node);
        var members = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(member => member.CanWrite).ToArray();
        CheckKeys(map, members, at);
        var record = Activator.CreateInstance(type)!;
        foreach (var member in members)
            SetMember(record, member, map, at);
        return record;
    }

    private void CheckKeys(SpecMap map, PropertyInfo[] members, string at)
    {
        var known = members.Select(member => YamlName(member.Name)).ToArray();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            if (!known.Contains(entry.Key))
                throw new LabException($"{path}, line {entry.Line}: unknown key '{Join(at, entry.Key)}'. {Suggest(entry.Key, known)}");
            if (!seen.Add(entry.Key))
                throw new LabException($"{path}, line {entry.Line}: '{Join(at, entry.Key)}' is given twice; keep one.");
        }
    }

    private void SetMember(object record, PropertyInfo member, SpecMap map, string at)
    {
        var name = YamlName(member.Name);
        var isRequired = member.IsDefined(typeof(RequiredMemberAttribute));
        var value = map[name];
        if (value is null && isRequired)
            throw new LabException($"{path}, line {map.Line}: '{Join(at, name)}' is missing. Add '{name}: …' ({Wanted(member.PropertyType)}).");
        if (value is null)
            return;
        if (value is SpecScalar { IsNull: true })
        {
            if (!AllowsNull(member))
                throw new LabException($"{path}, line {value.Line}: '{Join(at, name)}' has no value; give {Wanted(member.PropertyType)}{(isRequired ? "" : " or leave the key out")}.");
            member.SetValue(record, null);
            return;
        }
        member.SetValue(record, BindValue(member.PropertyType, value, Join(at, name)));
    }

    private object BindValue(Type type, SpecNode node, string at)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return BindList(type.GetGenericArguments()[0], node, at);
        if (type.IsClass && type != typeof(string))
            return BindRecord(type, node, at);
        if (node is not SpecScalar scalar)
            throw Error(node.Line, at, $"wants {Wanted(type)}", node);
        return BindScalar(type, scalar) ?? throw Error(node.Line, at, $"wants {Wanted(type)}", node);
    }

    private Array BindList(Type element, SpecNode node, string at)
    {
        if (node is not SpecList list)
            throw Error(node.Line, at, "wants a list, each item after '- '", node);
        var items = Array.CreateInstance(element, list.Items.Count);
        for (var i = 0; i < items.Length; i++)
            items.SetValue(BindValue(element, list.Items[i], $"{at}[{i}]"), i);
        return items;
    }

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

    private LabException Error(long line, string at, string wanted, SpecNode given) => new(
        $"{path}, line {line}: '{at}' {wanted}; given was {given switch { SpecScalar scalar => $"'{scalar.Text}'", SpecList => "a list", _ => "a block of keys" }}.");

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
            : type.IsGenericType ? "a list" : "a block of keys";
    }

    private static string Suggest(string key, string[] known)
    {
        var nearest = known.MinBy(name => EditDistance(key, name))!;
        return EditDistance(key, nearest) <= Math.Max(2, key.Length / 3)
            ? $"Did you mean '{nearest}'?"
            : $"Known keys here: {string.Join(", ", known)}.";
    }

    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= Math.Min(a.Length, 64); i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    internal static string YamlName(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);
    private static string Join(string at, string key) => at.Length == 0 ? key : $"{at}.{key}";
}
