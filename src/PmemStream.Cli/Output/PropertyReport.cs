namespace PmemStream.Cli.Output;

/// <summary>Facts about one thing: a name and a value each.</summary>
internal sealed class PropertyReport
{
    private readonly List<(string Name, ReportValue Value)> _properties = [];

    /// <summary>The facts, in the order of <see cref="Add"/>.</summary>
    public IReadOnlyList<(string Name, ReportValue Value)> Properties => _properties;

    /// <summary>Adds a fact. <paramref name="name"/> is lower case, words joined by '-'.</summary>
    public void Add(string name, ReportValue value) => _properties.Add((name, value));
}

/// <summary>A column of a table; on a terminal, where width is scarce, only if <paramref name="ForPeople"/>.</summary>
internal readonly record struct ReportColumn(string Name, bool ForPeople = false);

/// <summary>The same facts about several things.</summary>
internal sealed class TableReport(params ReportColumn[] columns)
{
    private readonly List<ReportValue[]> _rows = [];

    /// <summary>The columns.</summary>
    public IReadOnlyList<ReportColumn> Columns { get; } = columns;

    /// <summary>The rows, in the order of <see cref="Add"/>.</summary>
    public IReadOnlyList<IReadOnlyList<ReportValue>> Rows => _rows;

    /// <summary>Adds a row: a value for each column.</summary>
    public void Add(params ReportValue[] row) => _rows.Add(row);
}
