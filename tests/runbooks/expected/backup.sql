SELECT 'a backup changes nothing';
