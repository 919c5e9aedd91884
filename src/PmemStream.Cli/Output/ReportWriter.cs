using Spectre.Console;

namespace PmemStream.Cli.Output;

/// <summary>Shows reports.</summary>
internal abstract class ReportWriter
{
    /// <summary>Tables and short values on a terminal; otherwise plain lines with exact values, for programs.</summary>
    public static ReportWriter For(ToolIo io) =>
        io.OutputIsTerminal ? new TerminalReportWriter(io) : new PlainReportWriter(io.Text);

    /// <summary>Shows facts about one thing.</summary>
    public abstract void Write(PropertyReport report);

    /// <summary>Shows facts about several things.</summary>
    public abstract void Write(TableReport report);
}

/// <summary>"name: value" lines, and tables with a line of column names and tabs between the columns.</summary>
internal sealed class PlainReportWriter(TextWriter output) : ReportWriter
{
    /// <inheritdoc/>
    public override void Write(PropertyReport report)
    {
        foreach ((string name, ReportValue value) in report.Properties)
        {
            output.WriteLine($"{name}: {value.Exact}");
        }
    }

    /// <inheritdoc/>
    public override void Write(TableReport report)
    {
        output.WriteLine(string.Join('\t', report.Columns.Select(column => column.Name)));
        foreach (IReadOnlyList<ReportValue> row in report.Rows)
        {
            output.WriteLine(string.Join('\t', row.Select(value => value.Exact)));
        }
    }
}

/// <summary>Tables of Spectre.Console.</summary>
internal sealed class TerminalReportWriter(ToolIo io) : ReportWriter
{
    /// <inheritdoc/>
    public override void Write(PropertyReport report)
    {
        var grid = new Grid().AddColumn().AddColumn();
        foreach ((string name, ReportValue value) in report.Properties)
        {
            grid.AddRow($"[grey]{Markup.Escape(name)}[/]", Markup.Escape(value.Short));
        }

        Show(grid);
    }

    /// <inheritdoc/>
    public override void Write(TableReport report)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (ReportColumn column in report.Columns.Where(column => column.ForPeople))
        {
            table.AddColumn(Markup.Escape(column.Name));
        }

        foreach (IReadOnlyList<ReportValue> row in report.Rows)
        {
            table.AddRow([
                .. row.Where((_, index) => report.Columns[index].ForPeople).Select(value => Markup.Escape(value.Short)),
            ]);
        }

        Show(table);
    }

    private void Show(Spectre.Console.Rendering.IRenderable content)
    {
        Terminal.On(io.Text).Write(content);
    }
}
