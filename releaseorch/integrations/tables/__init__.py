"""Master data as a workbook or a folder of CSV: the export of any installation is the template for the next."""
