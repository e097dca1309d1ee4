using System.Text;
using System.Text.Unicode;
using SggLab.Datasets.Inspection;

namespace SggLab.Datasets.Parquet;

/// <summary>Walks a parquet file of the published layout row by row, its columns in step.</summary>
internal sealed class RowReader
{
    private readonly ParquetFile _file;
    private readonly ColumnReader _imageId, _imageBytes, _objects, _relationships;
    private readonly ColumnReader? _imagePath, _promptOpen, _promptClose;
    private readonly ColumnReader[] _all;
    private readonly bool _imageBytesOptional;
    private readonly int _imageStructDefinition;
    private int _group = -1;
    private long _leftInGroup;
    private long _row = -1;

    public RowReader(ParquetFile file, SceneGraphColumns columns)
    {
        _file = file;
        (_imageId, _imageBytes, _objects, _relationships) = (file.Read(columns.ImageId), file.Read(columns.ImageBytes), file.Read(columns.Objects), file.Read(columns.Relationships));
        (_imagePath, _promptOpen, _promptClose) = (Optional(columns.ImagePath), Optional(columns.PromptOpen), Optional(columns.PromptClose));
        _all = [.. new[] { _imageId, _imageBytes, _objects, _relationships, _imagePath, _promptOpen, _promptClose }.OfType<ColumnReader>()];
        _imageBytesOptional = columns.ImageBytes.MaxDefinition > 0;
        _imageStructDefinition = columns.ImageStructDefinition;

        ColumnReader? Optional(ParquetLeaf? leaf) => leaf is null ? null : file.Read(leaf);
    }

    /// <summary>The current row, counted from 0 within the file.</summary>
    public RowOrigin Origin => new(_file.Path, _row);

    public bool Next()
    {
        while (_leftInGroup == 0)
        {
            if (_group + 1 >= _file.Metadata.RowGroups.Count) return false;
            StartGroup(_group + 1, _row + 1);
        }
        _row++;
        _leftInGroup--;
        foreach (var column in _all) column.Next();
        return true;
    }

    /// <summary>Goes to a row; pages before it are passed over unread.</summary>
    public void Seek(long row)
    {
        var (group, first) = (0, 0L);
        while (row >= first + _file.Metadata.RowGroups[group].Rows) first += _file.Metadata.RowGroups[group++].Rows;
        StartGroup(group, first);
        foreach (var column in _all) column.Skip(row - first);
        _leftInGroup -= row - first;
        _row = row - 1;
        Next();
    }

    public string ImageId => Required(_imageId, "image_id", Origin);

    public ReadOnlySpan<byte> ObjectsJson => RequiredBytes(_objects, "objects", Origin);

    public ReadOnlySpan<byte> RelationshipsJson => RequiredBytes(_relationships, "relationships", Origin);

    public string? ImagePath => Text(_imagePath, "image.path");
    public string? PromptOpen => Text(_promptOpen, "prompt_open");
    public string? PromptClose => Text(_promptClose, "prompt_close");

    /// <summary>The prompts' bytes, valid until the next row.</summary>
    public OptionalText PromptOpenText => Optional(_promptOpen);
    public OptionalText PromptCloseText => Optional(_promptClose);

    /// <exception cref="DatasetException">A prompt is no UTF-8 text.</exception>
    public void CheckPrompts()
    {
        CheckText(PromptOpenText.Utf8, "prompt_open");
        CheckText(PromptCloseText.Utf8, "prompt_close");
    }

    /// <summary>The encoded image, valid until the next row.</summary>
    /// <exception cref="DatasetException">The image or its bytes are null.</exception>
    public ReadOnlySpan<byte> ImageBytes
    {
        get
        {
            if (!_imageBytes.IsNull && (_imageBytes.Value.Length > 0 || !_imageBytesOptional)) return _imageBytes.Value;
            if (_imageBytes.IsNull && _imageBytes.Definition < _imageStructDefinition) throw Origin.Error("image", "is null; expected struct{bytes, path} with an encoded image");
            var path = ImagePath;
            throw Origin.Error("image.bytes", $"holds no bytes{(path is null ? "" : $" and only names '{path}'")}; expected the encoded image itself (embed the files when the data set is written)");
        }
    }

    public SceneGraphExample ReadExample()
    {
        var origin = Origin;
        return new SceneGraphExample
        {
            ImageId = ImageId,
            Image = EncodedImage.FromBytes(ImageBytes.ToArray(), ImagePath, origin),
            Objects = GraphJson.Objects(ObjectsJson, origin),
            Relationships = GraphJson.Relationships(RelationshipsJson, origin),
            ObjectsJson = Decode(ObjectsJson, "objects"),
            RelationshipsJson = Decode(RelationshipsJson, "relationships"),
            PromptOpen = PromptOpen,
            PromptClose = PromptClose,
            Origin = origin,
        };
    }

    private void StartGroup(int group, long firstRow)
    {
        _group = group;
        _leftInGroup = _file.Metadata.RowGroups[group].Rows;
        if (_leftInGroup == 0) return;
        foreach (var column in _all) column.Start(_file.Metadata.RowGroups[group], firstRow);
    }

    private string Required(ColumnReader column, string name, RowOrigin origin) => Decode(RequiredBytes(column, name, origin), name);

    private static ReadOnlySpan<byte> RequiredBytes(ColumnReader column, string name, RowOrigin origin) =>
        column.IsNull ? throw origin.Error(name, $"is null; expected {(name == "image_id" ? "the image's id" : "a JSON list of " + name)}") : column.Value;

    private string? Text(ColumnReader? column, string name) => column is null || column.IsNull ? null : Decode(column.Value, name);

    private static OptionalText Optional(ColumnReader? column) => column is null || column.IsNull ? default : new OptionalText(column.Value, true);

    private string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        CheckText(bytes, name);
        return Encoding.UTF8.GetString(bytes);
    }

    private void CheckText(ReadOnlySpan<byte> bytes, string name)
    {
        if (!Utf8.IsValid(bytes)) throw Origin.Error(name, "holds bytes that are no UTF-8 text");
    }
}
