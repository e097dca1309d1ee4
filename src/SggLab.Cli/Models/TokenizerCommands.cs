using System.CommandLine;
using System.Text;
using System.Text.Json;
using SggLab.Contracts;
using SggLab.Modeling;

namespace SggLab.Cli.Models;

/// <summary>`tokenizer encode`: token ids of texts.</summary>
public static class TokenizerCommands
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model folder, or one with a tokenizer.json." };
        var encode = new LabCommand("encode", "Read JSON strings from standard input, one a line, and print their token ids, an array a line.")
        {
            Options = { model },
            Examples = ["echo '\"person.1 riding horse.2\"' | ./sgglab tokenizer encode --model DIR  # [555,13,16,…]"],
        };
        encode.SetAction(parsed => Encode(parsed.GetValue(model)!));
        return new Command("tokenizer", "Look at what a model's tokenizer does.") { encode };
    }

    private static int Encode(string folder)
    {
        var tokenizer = Tokenizer.Load(folder);
        var n = 0;
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        while (ReadLine(input, n + 1) is { } line)
        {
            n++;
            if (line.Length > 0)
                Console.WriteLine(JsonSerializer.Serialize(tokenizer.Encode(TextOf(line, n))));
        }
        return 0;
    }

    private static string? ReadLine(StreamReader input, int number)
    {
        try
        {
            return input.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new LabException($"Line {number} of the input, or one soon after it, is not UTF-8 ({e.Message.Split('\n')[0]}). Convert it first: iconv -f ENCODING -t UTF-8", inner: e);
        }
    }

    private static string TextOf(string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(line) ?? throw new LabException($"Line {number} of the input is null; a JSON string is wanted.");
        }
        catch (JsonException)
        {
            throw new LabException($"Line {number} of the input is not a JSON string (it begins with {line[..Math.Min(20, line.Length)]}). Write each text in double quotes, as json.dumps does.");
        }
    }
}
