-- Of which sheet the SM3 $1 is: of its JSON, its page or its PDF.
SELECT board_code, month, version, to_char(published_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'),
       coalesce(to_char(withdrawn_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), '')
FROM life_sheet WHERE $1 IN (sm3, sm3_html, sm3_pdf) ORDER BY version DESC LIMIT 1
